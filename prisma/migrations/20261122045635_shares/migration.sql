-- CreateEnum
CREATE TYPE "share_state" AS ENUM ('active', 'running_out', 'ended');

-- AlterTable: until now a plan was of the team whose application takes it
ALTER TABLE "subscription" ADD COLUMN     "provider_id" TEXT;
UPDATE "subscription" SET "provider_id" = "tenant_id";
ALTER TABLE "subscription" ALTER COLUMN "provider_id" SET NOT NULL;

-- CreateTable
CREATE TABLE "api_share" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "api_id" TEXT NOT NULL,
    "consumer_id" TEXT NOT NULL,
    "state" "share_state" NOT NULL DEFAULT 'active',
    "shared_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "api_share_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "api_share_tenant_id_idx" ON "api_share"("tenant_id");

-- CreateIndex
CREATE INDEX "api_share_consumer_id_idx" ON "api_share"("consumer_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_share_api_id_consumer_id_key" ON "api_share"("api_id", "consumer_id");

-- CreateIndex
CREATE INDEX "subscription_provider_id_state_idx" ON "subscription"("provider_id", "state");

-- AddForeignKey
ALTER TABLE "api_share" ADD CONSTRAINT "api_share_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_share" ADD CONSTRAINT "api_share_consumer_id_fkey" FOREIGN KEY ("consumer_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_share" ADD CONSTRAINT "api_share_api_id_fkey" FOREIGN KEY ("api_id") REFERENCES "api"("id") ON DELETE CASCADE ON UPDATE CASCADE;
