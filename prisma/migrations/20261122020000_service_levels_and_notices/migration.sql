-- AlterTable
ALTER TABLE "plan" ADD COLUMN     "slo_availability" DOUBLE PRECISION,
ADD COLUMN     "slo_p95_ms" INTEGER;

-- CreateEnum
CREATE TYPE "notice_kind" AS ENUM ('quota_warning', 'quota_used_up', 'service_level_missed');

-- CreateTable
CREATE TABLE "service_level_day" (
    "plan_id" TEXT NOT NULL,
    "environment_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "requests" BIGINT NOT NULL,
    "p95_ms" DOUBLE PRECISION,
    "availability" DOUBLE PRECISION,
    "p95_target_ms" INTEGER,
    "availability_target" DOUBLE PRECISION,
    "is_met" BOOLEAN NOT NULL,

    CONSTRAINT "service_level_day_pkey" PRIMARY KEY ("plan_id","environment_id","day")
);

-- CreateTable
CREATE TABLE "notice" (
    "id" TEXT NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "environment_id" TEXT NOT NULL,
    "kind" "notice_kind" NOT NULL,
    "occasion" TEXT NOT NULL,
    "application_id" TEXT,
    "plan_id" TEXT NOT NULL,
    "facts" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "service_level_day_tenant_id_idx" ON "service_level_day"("tenant_id");

-- CreateIndex
CREATE UNIQUE INDEX "notice_occasion_key" ON "notice"("occasion");

-- CreateIndex
CREATE INDEX "notice_tenant_id_created_at_idx" ON "notice"("tenant_id", "created_at");

-- AddForeignKey
ALTER TABLE "service_level_day" ADD CONSTRAINT "service_level_day_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "service_level_day" ADD CONSTRAINT "service_level_day_environment_id_fkey" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notice" ADD CONSTRAINT "notice_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "plan"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notice" ADD CONSTRAINT "notice_environment_id_fkey" FOREIGN KEY ("environment_id") REFERENCES "environment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notice" ADD CONSTRAINT "notice_application_id_fkey" FOREIGN KEY ("application_id") REFERENCES "application"("id") ON DELETE CASCADE ON UPDATE CASCADE;
