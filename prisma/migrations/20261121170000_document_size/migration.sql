-- AlterTable
ALTER TABLE "api_version" ADD COLUMN     "spec_bytes" INTEGER NOT NULL DEFAULT 0;

UPDATE "api_version" SET "spec_bytes" = octet_length("spec") WHERE "spec" IS NOT NULL;
