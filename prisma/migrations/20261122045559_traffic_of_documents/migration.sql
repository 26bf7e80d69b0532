-- AlterTable
ALTER TABLE "api_revision" ADD COLUMN     "spec_operations" TEXT[];

-- AlterTable
ALTER TABLE "api_version" ADD COLUMN     "spec_operations" TEXT[];

-- CreateTable
CREATE TABLE "route_use" (
    "environment_id" TEXT NOT NULL,
    "version_id" TEXT NOT NULL,
    "route_id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "documented" BOOLEAN NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "calls" BIGINT NOT NULL DEFAULT 0,
    "first_at" TIMESTAMPTZ(3),
    "last_at" TIMESTAMPTZ(3),

    CONSTRAINT "route_use_pkey" PRIMARY KEY ("environment_id","version_id","route_id")
);

-- CreateTable
CREATE TABLE "undocumented_call" (
    "environment_id" TEXT NOT NULL,
    "version_id" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "calls" BIGINT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "undocumented_call_pkey" PRIMARY KEY ("environment_id","version_id","method","template")
);

-- CreateIndex
CREATE INDEX "route_use_tenant_id_environment_id_idx" ON "route_use"("tenant_id", "environment_id");

-- CreateIndex
CREATE INDEX "undocumented_call_tenant_id_environment_id_idx" ON "undocumented_call"("tenant_id", "environment_id");

-- AddForeignKey
ALTER TABLE "route_use" ADD CONSTRAINT "route_use_environment_id_version_id_fkey" FOREIGN KEY ("environment_id", "version_id") REFERENCES "deployment"("environment_id", "version_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "undocumented_call" ADD CONSTRAINT "undocumented_call_environment_id_version_id_fkey" FOREIGN KEY ("environment_id", "version_id") REFERENCES "deployment"("environment_id", "version_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What the documents of today describe, as far as rows tell: a route of a version with a document is one of its operations.
UPDATE api_version SET spec_operations = coalesce((
  SELECT array_agg(DISTINCT method || ' ' || regexp_replace(path, '\{[^}]*\}', '{}', 'g'))
  FROM route WHERE route.version_id = api_version.id AND api_version.spec IS NOT NULL
), '{}');
UPDATE api_revision SET spec_operations = coalesce((
  SELECT array_agg(DISTINCT (route->>'method') || ' ' || regexp_replace(route->>'path', '\{[^}]*\}', '{}', 'g'))
  FROM jsonb_array_elements(document->'routes') AS route WHERE api_revision.spec IS NOT NULL
), '{}');

-- What runs, and when it was called last: days are the finest that is kept for long.
INSERT INTO route_use (environment_id, version_id, route_id, tenant_id, method, template, documented, since, calls, first_at, last_at)
SELECT deployment.environment_id, deployment.version_id, route->>'id', deployment.tenant_id, route->>'method',
  rtrim(revision.document->>'basePath', '/') || (route->>'path'), revision.spec IS NOT NULL, deployment.deployed_at,
  coalesce(used.calls, 0), used.first_at, least(used.last_at, now())
FROM deployment
JOIN api_revision AS revision ON revision.id = deployment.api_revision_id
CROSS JOIN jsonb_array_elements(revision.document->'routes') AS route
LEFT JOIN (
  SELECT environment_id, route_id, sum(requests)::bigint AS calls, min(bucket) AS first_at, max(bucket) + interval '1 day' AS last_at
  FROM rollup_day WHERE route_id <> '' AND (reason = '' OR status NOT IN (401, 403)) GROUP BY 1, 2
) AS used ON used.environment_id = deployment.environment_id AND used.route_id = route->>'id'
ON CONFLICT DO NOTHING;
