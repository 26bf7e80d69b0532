-- CreateTable
CREATE TABLE "policy_secret" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT,
    "type" TEXT NOT NULL,
    "sealed" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "policy_secret_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "policy_secret_tenant_id_idx" ON "policy_secret"("tenant_id");

-- AddForeignKey
ALTER TABLE "policy_secret" ADD CONSTRAINT "policy_secret_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
