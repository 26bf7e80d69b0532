-- AlterTable
ALTER TABLE "application" ADD COLUMN     "groups" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];
