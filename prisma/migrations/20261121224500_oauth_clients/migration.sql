-- CreateEnum
CREATE TYPE "credential_kind" AS ENUM ('key', 'oauth_client');

-- AlterTable
ALTER TABLE "credential" ADD COLUMN     "client_id" TEXT,
ADD COLUMN     "issuer" TEXT,
ADD COLUMN     "kind" "credential_kind" NOT NULL DEFAULT 'key';
