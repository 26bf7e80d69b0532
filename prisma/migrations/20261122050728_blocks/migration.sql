-- CreateEnum
CREATE TYPE "block_kind" AS ENUM ('address', 'credential', 'application');

-- AlterEnum
ALTER TYPE "token_scope" ADD VALUE 'blocklist';

-- CreateTable
CREATE TABLE "block" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "kind" "block_kind" NOT NULL,
    "value" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "actor_id" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "block_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "block_tenant_id_created_at_id_idx" ON "block"("tenant_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "block_tenant_id_source_kind_value_key" ON "block"("tenant_id", "source", "kind", "value");

-- AddForeignKey
ALTER TABLE "block" ADD CONSTRAINT "block_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
