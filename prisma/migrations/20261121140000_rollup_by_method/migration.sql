-- A route also answers methods of its own (HEAD on GET), and requests without a route have only a method: it is part of what is counted.
ALTER TABLE rollup_minute DROP CONSTRAINT rollup_minute_pkey, ADD PRIMARY KEY
  (bucket, environment_id, tenant_id, api_id, version_id, route_id, application_id, plan_id, status, reason, try_it, method);
ALTER TABLE rollup_hour DROP CONSTRAINT rollup_hour_pkey, ADD PRIMARY KEY
  (bucket, environment_id, tenant_id, api_id, version_id, route_id, application_id, plan_id, status, reason, try_it, method);
ALTER TABLE rollup_day DROP CONSTRAINT rollup_day_pkey, ADD PRIMARY KEY
  (bucket, environment_id, tenant_id, api_id, version_id, route_id, application_id, plan_id, status, reason, try_it, method);

-- Questions sum histograms bucket by bucket, which is many times faster than adding arrays row by row.
DROP AGGREGATE histogram_sum(integer[]);
