-- A row of a rollup is found by a hash of what it counts: twelve texts in an index were larger than the counts themselves.
-- rollup_key() is what intake computes too, so that old and new rows meet.
CREATE FUNCTION rollup_key(VARIADIC parts text[]) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT md5(array_to_string(parts, E'\n'))::uuid $$;

ALTER TABLE rollup_minute ADD COLUMN key uuid;
ALTER TABLE rollup_hour ADD COLUMN key uuid;
ALTER TABLE rollup_day ADD COLUMN key uuid;
UPDATE rollup_minute SET key = rollup_key(environment_id, tenant_id, api_id, version_id, route_id, application_id, plan_id, status::text, reason, try_it::text, method);
UPDATE rollup_hour SET key = rollup_key(environment_id, tenant_id, api_id, version_id, route_id, application_id, plan_id, status::text, reason, try_it::text, method);
UPDATE rollup_day SET key = rollup_key(environment_id, tenant_id, api_id, version_id, route_id, application_id, plan_id, status::text, reason, try_it::text, method);
ALTER TABLE rollup_minute DROP CONSTRAINT rollup_minute_pkey, ADD PRIMARY KEY (bucket, key);
ALTER TABLE rollup_hour DROP CONSTRAINT rollup_hour_pkey, ADD PRIMARY KEY (bucket, key);
ALTER TABLE rollup_day DROP CONSTRAINT rollup_day_pkey, ADD PRIMARY KEY (bucket, key);

-- Histograms are stored from their first to their last bucket that is not zero, as `[40:42]={1,0,2}`: most rows of a long tail have one.
CREATE OR REPLACE FUNCTION histogram_add(a integer[], b integer[]) RETURNS integer[]
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg(coalesce(a[n], 0) + coalesce(b[n], 0) ORDER BY n)
  FROM generate_series(1, greatest(array_upper(a, 1), array_upper(b, 1))) AS n
$$;
