-- What Prisma's schema cannot say: substring search, rules that depend on a row's state, and an audit log that only grows.

-- Substring search on every list. pg_trgm is a trusted extension of every Postgres distribution.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX "api_search_text_idx" ON "api" USING GIN ("search_text" gin_trgm_ops);
CREATE INDEX "api_version_search_text_idx" ON "api_version" USING GIN ("search_text" gin_trgm_ops);

-- One living subscription of an application to a product: an upgrade changes its plan, it does not add a second one.
CREATE UNIQUE INDEX subscription_living ON subscription (application_id, product_id)
  WHERE state IN ('pending', 'active', 'suspended');

-- One open invitation per person and tenant.
CREATE UNIQUE INDEX invitation_open ON invitation (tenant_id, email)
  WHERE accepted_at IS NULL AND revoked_at IS NULL;

-- The audit log is append-only for the application too, not only by custom.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit events are never changed or removed';
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

INSERT INTO platform (id) VALUES (1);
