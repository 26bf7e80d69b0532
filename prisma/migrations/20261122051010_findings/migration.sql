-- CreateEnum
CREATE TYPE "finding_state" AS ENUM ('open', 'acknowledged', 'dismissed');

-- AlterEnum
ALTER TYPE "notice_kind" ADD VALUE 'security_finding';

-- AlterTable
ALTER TABLE "notice" ALTER COLUMN "plan_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "finding" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "environment_id" TEXT NOT NULL,
    "pattern" TEXT NOT NULL,
    "client_kind" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "occasion" TEXT,
    "severity" TEXT NOT NULL,
    "state" "finding_state" NOT NULL DEFAULT 'open',
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL,
    "facts" JSONB NOT NULL,
    "requests" TEXT[],
    "comment" TEXT NOT NULL DEFAULT '',
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "closed_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "finding_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "credential_pace" (
    "credential_id" TEXT NOT NULL,
    "environment_id" TEXT NOT NULL,
    "bucket" TIMESTAMPTZ(3) NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "requests" INTEGER NOT NULL,
    "errors" INTEGER NOT NULL,

    CONSTRAINT "credential_pace_pkey" PRIMARY KEY ("credential_id","environment_id","bucket")
);

-- CreateIndex
CREATE UNIQUE INDEX "finding_occasion_key" ON "finding"("occasion");

-- CreateIndex
CREATE INDEX "finding_tenant_id_last_at_idx" ON "finding"("tenant_id", "last_at");

-- CreateIndex
CREATE INDEX "credential_pace_bucket_idx" ON "credential_pace"("bucket");

-- AddForeignKey
ALTER TABLE "finding" ADD CONSTRAINT "finding_environment_id_fkey" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Beginning of the hash of a credential that was refused: findings tell by it how many somebody tried.
ALTER TABLE request_event ADD COLUMN attempt text NOT NULL DEFAULT '';
-- What findings look at every few seconds: refused credentials and unknown places, a small part of the traffic.
CREATE INDEX request_event_suspicious ON request_event (at) WHERE status IN (401, 404);

-- What stands for one caller: an IPv4 address, or the /64 of an IPv6 one (packages/shared/src/cidr.ts).
CREATE FUNCTION caller_network(address text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF position(':' IN address) = 0 THEN RETURN address; END IF;
  RETURN network(set_masklen(address::inet, 64))::text;
EXCEPTION WHEN invalid_text_representation THEN
  RETURN address;
END
$$;
