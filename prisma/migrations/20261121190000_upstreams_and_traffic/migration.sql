-- A version has several named upstreams, each one document of settings; routes may carry conditions; versions of one API
-- may share a place; deployments have traffic. What exists is carried over so that it serves exactly as before.

ALTER TABLE "api_version" ADD COLUMN "selector" JSONB;

ALTER TABLE "deployment" ADD COLUMN "traffic" JSONB;

ALTER TABLE "path_claim" ADD COLUMN "selector_key" TEXT NOT NULL DEFAULT '';
ALTER TABLE "path_claim" DROP CONSTRAINT "path_claim_pkey";
ALTER TABLE "path_claim" ADD CONSTRAINT "path_claim_pkey" PRIMARY KEY ("environment_id", "host", "base_path", "selector_key");

ALTER TABLE "route" ADD COLUMN "when" JSONB,
ADD COLUMN "when_key" TEXT NOT NULL DEFAULT '',
ADD COLUMN "upstream" TEXT;
DROP INDEX "route_version_id_method_path_key";
CREATE UNIQUE INDEX "route_version_id_method_path_when_key_key" ON "route"("version_id", "method", "path", "when_key");

-- Upstreams as they were: `old` has the members that version documents had, which are those of the columns.
-- Nothing that gateways did not do so far is switched on: a default of new upstreams is none of old ones.
CREATE FUNCTION pg_temp.settings(old JSONB) RETURNS JSONB LANGUAGE sql AS $$
  SELECT jsonb_build_object(
    'targets', (
      SELECT coalesce(jsonb_agg(target || '{"region": null}' ORDER BY place), '[]')
        FROM jsonb_array_elements(old -> 'targets') WITH ORDINALITY AS targets(target, place)
    ),
    'discovery', null,
    'hostHeader', old -> 'hostHeader',
    'balancing', '{"algorithm": "round-robin"}'::jsonb,
    'slowStartMs', 0,
    'activeHealth', null,
    'passiveHealth', null,
    'circuitBreaker', null,
    'retries', null,
    'hedging', null,
    'connections', '{"max": 512, "queueMax": 2048, "warm": 0}'::jsonb,
    'tls', jsonb_build_object('verify', old -> 'tlsVerify', 'serverName', null, 'ca', null, 'identity', null),
    'connectTimeoutMs', old -> 'connectTimeoutMs',
    'firstByteTimeoutMs', old -> 'firstByteTimeoutMs',
    'idleTimeoutMs', old -> 'idleTimeoutMs',
    'totalTimeoutMs', old -> 'totalTimeoutMs'
  )
$$;

ALTER TABLE "upstream" ADD COLUMN "name" TEXT NOT NULL DEFAULT 'default',
ADD COLUMN "settings" JSONB;

UPDATE "upstream" SET "settings" = pg_temp.settings(jsonb_build_object(
  'targets', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('url', "url", 'weight', "weight") ORDER BY "position", "id"), '[]')
      FROM "target" WHERE "upstream_id" = "upstream"."id"
  ),
  'hostHeader', "host_header",
  'tlsVerify', "tls_verify",
  'connectTimeoutMs', "connect_timeout_ms",
  'firstByteTimeoutMs', "first_byte_timeout_ms",
  'idleTimeoutMs', "idle_timeout_ms",
  'totalTimeoutMs', "total_timeout_ms"
));

ALTER TABLE "upstream" ALTER COLUMN "name" DROP DEFAULT,
ALTER COLUMN "settings" SET NOT NULL,
DROP COLUMN "host_header",
DROP COLUMN "connect_timeout_ms",
DROP COLUMN "first_byte_timeout_ms",
DROP COLUMN "idle_timeout_ms",
DROP COLUMN "total_timeout_ms",
DROP COLUMN "tls_verify",
DROP COLUMN "version";
DROP INDEX "upstream_version_id_key";
CREATE UNIQUE INDEX "upstream_version_id_name_key" ON "upstream"("version_id", "name");

DROP TABLE "target";

-- What a revision froze says the same in the new shape; its hash goes on being the sha256 of its document (ADR 41).
-- canonicalJson() of the shared package, for what jsonb can hold.
CREATE FUNCTION pg_temp.canonical(value JSONB) RETURNS TEXT LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE jsonb_typeof(value)
    WHEN 'object' THEN (
      SELECT '{' || coalesce(string_agg(to_jsonb(key)::text || ':' || pg_temp.canonical(member), ',' ORDER BY key COLLATE "C"), '') || '}'
        FROM jsonb_each(value) AS members(key, member)
    )
    WHEN 'array' THEN (
      SELECT '[' || coalesce(string_agg(pg_temp.canonical(item), ',' ORDER BY place), '') || ']'
        FROM jsonb_array_elements(value) WITH ORDINALITY AS items(item, place)
    )
    ELSE value::text
  END;
END
$$;

UPDATE "api_revision" SET "document" = ("document" - 'upstream') || jsonb_build_object(
  'selector', null,
  'upstreams', CASE jsonb_typeof("document" -> 'upstream')
    WHEN 'object' THEN jsonb_build_array(
      jsonb_build_object('id', "document" #> '{upstream,id}', 'name', 'default')
        || pg_temp.settings("document" -> 'upstream')
    )
    ELSE '[]'
  END,
  'routes', (
    SELECT coalesce(jsonb_agg(route || '{"when": null, "upstream": null}' ORDER BY place), '[]')
      FROM jsonb_array_elements("document" -> 'routes') WITH ORDINALITY AS routes(route, place)
  )
);

UPDATE "api_revision" SET "hash" = encode(sha256(convert_to(pg_temp.canonical("document"), 'UTF8')), 'hex');

-- What rollbacks restore.
UPDATE "revision" SET "deployments" = (
  SELECT coalesce(jsonb_agg(deployment || '{"traffic": null}' ORDER BY place), '[]')
    FROM jsonb_array_elements("deployments") WITH ORDINALITY AS remembered(deployment, place)
);
