-- Analytics: raw events by day, then minutes, hours and days. Latencies are mergeable histograms (packages/shared/src/event.ts).

CREATE TABLE request_event (
  id              text           NOT NULL,
  at              timestamptz(3) NOT NULL,
  environment_id  text           NOT NULL,
  gateway_id      text           NOT NULL,
  revision        integer        NOT NULL,
  tenant_id       text           NOT NULL DEFAULT '',
  api_id          text           NOT NULL DEFAULT '',
  version_id      text           NOT NULL DEFAULT '',
  route_id        text           NOT NULL DEFAULT '',
  application_id  text           NOT NULL DEFAULT '',
  subscription_id text           NOT NULL DEFAULT '',
  plan_id         text           NOT NULL DEFAULT '',
  credential_id   text           NOT NULL DEFAULT '',
  method          text           NOT NULL,
  route           text           NOT NULL DEFAULT '',
  path            text           NOT NULL,
  host            text           NOT NULL,
  status          smallint       NOT NULL,
  reason          text           NOT NULL DEFAULT '',
  policy          text           NOT NULL DEFAULT '',
  gateway_us      bigint         NOT NULL,
  upstream_us     bigint         NOT NULL,
  bytes_in        bigint         NOT NULL,
  bytes_out       bigint         NOT NULL,
  address         text           NOT NULL,
  agent           text           NOT NULL,
  cache           text           NOT NULL,
  try_it          boolean        NOT NULL,
  -- Redelivery repeats both, so an event is stored once however often it arrives.
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);

CREATE INDEX request_event_id ON request_event (id);
CREATE INDEX request_event_tenant ON request_event (tenant_id, at);
CREATE INDEX request_event_application ON request_event (application_id, at);

CREATE TABLE rollup_minute (
  bucket         timestamptz NOT NULL,
  environment_id text        NOT NULL,
  tenant_id      text        NOT NULL,
  api_id         text        NOT NULL,
  version_id     text        NOT NULL,
  route_id       text        NOT NULL,
  application_id text        NOT NULL,
  plan_id        text        NOT NULL,
  status         smallint    NOT NULL,
  reason         text        NOT NULL,
  try_it         boolean     NOT NULL,
  method         text        NOT NULL DEFAULT '',
  route          text        NOT NULL DEFAULT '',
  requests       bigint      NOT NULL,
  bytes_in       bigint      NOT NULL,
  bytes_out      bigint      NOT NULL,
  gateway_us     bigint      NOT NULL,
  upstream_us    bigint      NOT NULL,
  -- Requests per bucket of total, gateway and upstream time.
  total_hist     integer[]   NOT NULL,
  gateway_hist   integer[]   NOT NULL,
  upstream_hist  integer[]   NOT NULL,
  PRIMARY KEY (bucket, environment_id, tenant_id, api_id, version_id, route_id, application_id, plan_id, status, reason, try_it)
);
CREATE INDEX rollup_minute_tenant ON rollup_minute (tenant_id, bucket);

CREATE TABLE rollup_hour (LIKE rollup_minute INCLUDING ALL);
CREATE TABLE rollup_day (LIKE rollup_minute INCLUDING ALL);

CREATE FUNCTION histogram_add(a integer[], b integer[]) RETURNS integer[]
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg(coalesce(x, 0) + coalesce(y, 0) ORDER BY n)
  FROM unnest(a, b) WITH ORDINALITY AS t (x, y, n)
$$;

CREATE AGGREGATE histogram_sum(integer[]) (
  SFUNC = histogram_add, STYPE = integer[], COMBINEFUNC = histogram_add, PARALLEL = SAFE
);
