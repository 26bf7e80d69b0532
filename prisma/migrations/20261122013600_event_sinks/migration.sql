-- CreateTable
CREATE TABLE "event_sink" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "target" JSONB NOT NULL,
    "secret" TEXT,
    "kinds" TEXT[],
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "position" BIGINT NOT NULL,
    "delivered" BIGINT NOT NULL DEFAULT 0,
    "lost" BIGINT NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "last_error_at" TIMESTAMPTZ(3),
    "last_delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "event_sink_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sink_event" (
    "id" TEXT NOT NULL,
    "position" BIGINT,
    "kind" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "body" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "sink_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sink_order" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "position" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "sink_order_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sink_chain" (
    "chain" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,

    CONSTRAINT "sink_chain_pkey" PRIMARY KEY ("chain")
);

-- CreateIndex
CREATE UNIQUE INDEX "event_sink_name_key" ON "event_sink"("name");

-- CreateIndex
CREATE UNIQUE INDEX "sink_event_position_key" ON "sink_event"("position");

-- CreateIndex
CREATE INDEX "sink_event_created_at_idx" ON "sink_event"("created_at");

-- What has no position yet, in the order in which it gets one.
CREATE INDEX sink_event_waiting ON "sink_event" ("at", "id") WHERE "position" IS NULL;

INSERT INTO "sink_order" ("id") VALUES (1);
