-- AlterEnum
ALTER TYPE "credential_kind" ADD VALUE 'signing_key';

-- AlterTable
ALTER TABLE "credential" ADD COLUMN     "algorithm" TEXT,
ADD COLUMN     "public_key" TEXT,
ADD COLUMN     "secret" TEXT;
