-- AlterTable
ALTER TABLE "api_version" ADD COLUMN     "spec_text" TEXT NOT NULL DEFAULT '';
