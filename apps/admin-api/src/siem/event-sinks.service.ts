// The sinks of a platform admin: where events go, and how far they have come.
import { type SinkTarget, sinkKinds, sinkTarget } from '@gatewright/shared/contract/event-sinks'
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { Injectable } from '@nestjs/common'
import { type Call, expectVersion } from '../call.ts'
import type { EventSink } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { given } from '../infra/given.ts'
import { Sealer } from '../infra/sealer.ts'
import { Changes, type Transaction } from '../publishing/change.ts'
import { refuse, refuseField } from '../refusal.ts'
import { reasonOf, SinkForwarder, sinkSecretPlace } from './forwarder.ts'
import { startOutbox } from './outbox.ts'

type Noun = typeof contract.eventSinks

const mostSinks = 10

interface Waiting {
  readonly events: number
  readonly since: Date | null
}

@Injectable()
export class EventSinksService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
    private readonly sealer: Sealer,
    private readonly forwarder: SinkForwarder,
  ) {}

  async list() {
    const rows = await this.database.platform.eventSink.findMany({ orderBy: { createdAt: 'asc' } })
    return { data: await Promise.all(rows.map((row) => this.#show(row))) }
  }

  async create(call: Call, { secret, ...input }: InputOf<Noun['create']>) {
    refuseUnfit(input.target, secret !== null)
    const id = createId('snk')
    const sealed = this.#seal(id, secret)
    const row = await this.changes.onPlatform(call, async (tx) => {
      // Two at once: the second sees the first one's row. It is the lock of who orders the outbox, too.
      const [order] = await tx.everything.$queryRaw<{ position: bigint }[]>`
        SELECT position FROM sink_order FOR UPDATE`
      const count = await tx.platform.eventSink.count()
      if (count >= mostSinks) refuse('limit_reached', `There are ${mostSinks} event sinks, which is the most`)
      if (await tx.platform.eventSink.findUnique({ where: { name: input.name } }))
        refuseField('already_exists', '/name', `There is an event sink "${input.name}"`)
      if (count === 0) for (const step of startOutbox) await tx.everything.$executeRawUnsafe(step)
      const row = await tx.platform.eventSink.create({
        data: {
          ...input,
          id,
          kinds: [...new Set(input.kinds)],
          secret: sealed,
          position: order?.position ?? 0n,
          createdAt: this.clock.now(),
        },
      })
      tx.audit({ action: 'eventSinks.create', resource: named(row), before: null, after: settingsOf(row) })
      return row
    })
    return this.#show(row)
  }

  async update(call: Call, { sink, secret, ...change }: InputOf<Noun['update']>) {
    const current = await this.#find(this.database, sink)
    const before = sinkTarget.parse(current.target)
    const target = change.target ?? before
    // Else the secret that one receiver was given would be sent to another one.
    if (current.secret !== null && secret === undefined && receiverOf(target) !== receiverOf(before))
      refuseField('invalid_input', '/secret', 'Another receiver needs its own secret: give it again')
    refuseUnfit(target, secret === undefined ? current.secret !== null : secret !== null)
    const sealed = secret === undefined ? undefined : this.#seal(current.id, secret)
    const row = await this.changes.onPlatform(call, async (tx) => {
      const locked = await this.#find(tx, current.id)
      expectVersion(call, locked)
      const row = await tx.platform.eventSink.update({
        where: { id: locked.id, version: current.version },
        data: {
          ...given(change),
          ...given({ secret: sealed }),
          ...(change.target || sealed !== undefined || change.enabled ? { nextAttemptAt: null } : {}),
          version: { increment: 1 },
        },
      })
      tx.audit({
        action: 'eventSinks.update',
        resource: named(row),
        before: settingsOf(locked),
        after: { ...settingsOf(row), ...(sealed === undefined ? {} : { secretChanged: true }) },
      })
      return row
    })
    return this.#show(row)
  }

  async remove(call: Call, { sink }: InputOf<Noun['remove']>) {
    await this.changes.onPlatform(call, async (tx) => {
      const row = await this.#find(tx, sink)
      expectVersion(call, row)
      await tx.platform.eventSink.delete({ where: { id: row.id } })
      tx.audit({ action: 'eventSinks.remove', resource: named(row), before: settingsOf(row), after: null })
    })
    return {}
  }

  async test(call: Call, { sink }: InputOf<Noun['test']>) {
    const row = await this.#find(this.database, sink)
    const event = {
      id: `test-${call.requestId}`,
      position: row.position > 0n ? row.position : 1n,
      kind: row.kinds[0] ?? 'audit',
      at: this.clock.now(),
      body: {
        tenantId: null,
        action: 'eventSinks.test',
        test: true,
        actor: call.actor,
        resource: named(row),
        requestId: call.requestId,
      },
    }
    const startedMs = performance.now()
    let error: string | null = null
    try {
      await this.forwarder.send(row.id, sinkTarget.parse(row.target), row.secret, [event])
    } catch (thrown) {
      error = reasonOf(thrown)
    }
    const result = {
      delivered: error === null,
      error,
      milliseconds: Math.round((performance.now() - startedMs) * 10) / 10,
    }
    await this.changes.onPlatform(call, async (tx) => {
      tx.audit({ action: 'eventSinks.test', resource: named(row), before: null, after: result })
    })
    return result
  }

  async #find({ platform }: Pick<Transaction, 'platform'>, reference: string): Promise<EventSink> {
    const found = await platform.eventSink.findFirst({
      where: { OR: [{ id: reference }, { name: reference }] },
    })
    return found ?? refuse('not_found', `There is no event sink "${reference}"`)
  }

  #seal(id: string, secret: string | null): string | null {
    return secret === null ? null : this.sealer.seal(secret, sinkSecretPlace(id))
  }

  async #waiting({ position, kinds }: EventSink): Promise<Waiting> {
    const { rows } = await this.database.pool.query<{ events: string; since: Date | null }>(
      `SELECT count(*) AS events, min(at) AS since FROM sink_event
       WHERE (position IS NULL OR position > $1) AND kind = ANY ($2)`,
      [String(position), kinds],
    )
    return { events: Number(rows[0]?.events ?? 0), since: rows[0]?.since ?? null }
  }

  async #show(row: EventSink) {
    const waiting = await this.#waiting(row)
    return {
      id: row.id,
      name: row.name,
      ...settingsOf(row),
      waiting: waiting.events,
      waitingSince: waiting.since?.toISOString() ?? null,
      delivered: Number(row.delivered),
      lost: Number(row.lost),
      failures: row.failures,
      nextAttemptAt: row.nextAttemptAt?.toISOString() ?? null,
      lastError: row.lastError,
      lastErrorAt: row.lastErrorAt?.toISOString() ?? null,
      lastDeliveredAt: row.lastDeliveredAt?.toISOString() ?? null,
      version: row.version,
      createdAt: row.createdAt.toISOString(),
    }
  }
}

/** What people set, without the secret. */
function settingsOf(row: EventSink) {
  return {
    title: row.title,
    target: sinkTarget.parse(row.target),
    kinds: sinkKinds.filter((kind) => row.kinds.includes(kind)),
    enabled: row.enabled,
    hasSecret: row.secret !== null,
  }
}

const named = ({ id, name }: EventSink) => ({ kind: 'eventSink', id, name })

const receiverOf = (target: SinkTarget) =>
  target.protocol === 'http' ? new URL(target.url).origin : target.protocol

/** A secret that is never sent, and one that is missing, are both mistakes. */
function refuseUnfit(target: SinkTarget, hasSecret: boolean): void {
  const needsSecret = target.protocol === 'http' && target.authentication !== 'none'
  if (needsSecret && !hasSecret) refuseField('invalid_input', '/secret', 'This authentication needs a secret')
  if (!needsSecret && hasSecret)
    refuseField(
      'invalid_input',
      '/secret',
      'Nothing is sent with a secret to this target: choose an authentication, or send null',
    )
}
