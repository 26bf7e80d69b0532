-- AlterTable
ALTER TABLE "credential_pace" DROP CONSTRAINT "credential_pace_pkey",
ADD CONSTRAINT "credential_pace_pkey" PRIMARY KEY ("tenant_id", "credential_id", "environment_id", "bucket");
