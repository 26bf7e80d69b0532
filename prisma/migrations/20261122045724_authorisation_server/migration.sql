-- CreateEnum
CREATE TYPE "token_format" AS ENUM ('jwt', 'opaque');

-- CreateTable
CREATE TABLE "authorisation_server" (
    "tenant_id" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT false,
    "token_format" "token_format" NOT NULL DEFAULT 'jwt',
    "access_token_seconds" INTEGER NOT NULL DEFAULT 600,
    "refresh_token_days" INTEGER NOT NULL DEFAULT 30,
    "scopes" JSONB NOT NULL DEFAULT '[]',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "authorisation_server_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "authorisation_key" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "private_key" TEXT NOT NULL,
    "signs_from" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "authorisation_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "authorisation_client" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "credential_id" TEXT,
    "name" TEXT NOT NULL,
    "secret_hash" TEXT,
    "redirect_uris" TEXT[],
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "authorisation_client_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "authorisation_state" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "uid" TEXT,
    "grant_id" TEXT,
    "payload" JSONB NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "authorisation_state_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "authorisation_key_tenant_id_idx" ON "authorisation_key"("tenant_id");

-- CreateIndex
CREATE UNIQUE INDEX "authorisation_client_credential_id_key" ON "authorisation_client"("credential_id");

-- CreateIndex
CREATE INDEX "authorisation_client_tenant_id_idx" ON "authorisation_client"("tenant_id");

-- CreateIndex
CREATE INDEX "authorisation_state_tenant_id_uid_idx" ON "authorisation_state"("tenant_id", "uid");

-- CreateIndex
CREATE INDEX "authorisation_state_tenant_id_grant_id_idx" ON "authorisation_state"("tenant_id", "grant_id");

-- CreateIndex
CREATE INDEX "authorisation_state_expires_at_idx" ON "authorisation_state"("expires_at");

-- AddForeignKey
ALTER TABLE "authorisation_server" ADD CONSTRAINT "authorisation_server_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "authorisation_key" ADD CONSTRAINT "authorisation_key_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "authorisation_client" ADD CONSTRAINT "authorisation_client_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "authorisation_client" ADD CONSTRAINT "authorisation_client_credential_id_fkey" FOREIGN KEY ("credential_id") REFERENCES "credential"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "authorisation_state" ADD CONSTRAINT "authorisation_state_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
