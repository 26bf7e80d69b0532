-- AlterTable
ALTER TABLE "invitation" ADD COLUMN     "custom_role_id" TEXT,
ALTER COLUMN "role" DROP NOT NULL;

-- AlterTable
ALTER TABLE "membership" ADD COLUMN     "custom_role_id" TEXT,
ALTER COLUMN "role" DROP NOT NULL;

-- CreateTable
CREATE TABLE "custom_role" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "permissions" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "custom_role_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "custom_role_tenant_id_name_key" ON "custom_role"("tenant_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "custom_role_tenant_id_id_key" ON "custom_role"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "invitation_tenant_id_custom_role_id_idx" ON "invitation"("tenant_id", "custom_role_id");

-- CreateIndex
CREATE INDEX "membership_tenant_id_custom_role_id_idx" ON "membership"("tenant_id", "custom_role_id");

-- AddForeignKey
ALTER TABLE "custom_role" ADD CONSTRAINT "custom_role_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "membership" ADD CONSTRAINT "membership_tenant_id_custom_role_id_fkey" FOREIGN KEY ("tenant_id", "custom_role_id") REFERENCES "custom_role"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_tenant_id_custom_role_id_fkey" FOREIGN KEY ("tenant_id", "custom_role_id") REFERENCES "custom_role"("tenant_id", "id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- One role each: one of the seven, or one of the tenant's own.
ALTER TABLE "membership" ADD CONSTRAINT "membership_one_role" CHECK (("role" IS NULL) <> ("custom_role_id" IS NULL));
ALTER TABLE "invitation" ADD CONSTRAINT "invitation_one_role" CHECK (("role" IS NULL) <> ("custom_role_id" IS NULL));
