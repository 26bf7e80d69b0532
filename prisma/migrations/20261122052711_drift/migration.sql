-- CreateTable
CREATE TABLE "drift" (
    "environment_id" TEXT NOT NULL,
    "version_id" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "pointer" TEXT NOT NULL,
    "rule" TEXT NOT NULL,
    "observed" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "count" BIGINT NOT NULL,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "drift_pkey" PRIMARY KEY ("environment_id","version_id","direction","method","template","place","pointer","rule","observed")
);

-- CreateIndex
CREATE INDEX "drift_tenant_id_environment_id_idx" ON "drift"("tenant_id", "environment_id");

-- AddForeignKey
ALTER TABLE "drift" ADD CONSTRAINT "drift_environment_id_version_id_fkey" FOREIGN KEY ("environment_id", "version_id") REFERENCES "deployment"("environment_id", "version_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Which batches of drift came, by the worker that numbered them. Ranges are nothing that Prisma knows.
CREATE TABLE drift_source (
  source  text PRIMARY KEY,
  seen    int4multirange NOT NULL,
  last_at timestamptz NOT NULL
);

-- What was never called was called at no time.
UPDATE route_use SET last_at = NULL WHERE calls = 0;
