-- CreateEnum
CREATE TYPE "token_scope" AS ENUM ('read', 'everything');

-- Tokens that exist keep what they could do; new ones say what they may.
ALTER TABLE "personal_access_token" ADD COLUMN "scope" "token_scope" NOT NULL DEFAULT 'everything',
ADD COLUMN "only_tenant_id" TEXT;
ALTER TABLE "personal_access_token" ALTER COLUMN "scope" DROP DEFAULT;

-- CreateIndex
CREATE INDEX "personal_access_token_only_tenant_id_idx" ON "personal_access_token"("only_tenant_id");

-- AddForeignKey
ALTER TABLE "personal_access_token" ADD CONSTRAINT "personal_access_token_only_tenant_id_fkey" FOREIGN KEY ("only_tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
