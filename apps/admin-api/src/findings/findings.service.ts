// Findings as people read them and decide about them: a tenant its own, the platform those about calls of nobody.
import { findingFacts, findingPatterns, findingSeverities } from '@gatewright/shared/contract/findings'
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import * as z from 'zod'
import { type Call, expectVersion, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Database, type TenantDb } from '../infra/database.ts'
import { paged } from '../infra/page.ts'
import { tenantDb } from '../infra/tenant-db.ts'
import { Changes, type Transaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { nobody } from './sighting.ts'

type Noun = typeof contract.findings
type Row = Prisma.FindingGetPayload<{ include: { environment: true } }>
type Filter = Pick<InputOf<Noun['listPlatform']>, 'state' | 'pattern' | 'environment'>
type Decision = Pick<InputOf<Noun['decidePlatform']>, 'finding' | 'state' | 'comment'>

const withPlace = { environment: true } satisfies Prisma.FindingInclude

@Injectable()
export class FindingsService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly clock: Clock,
  ) {}

  list(call: TenantCall, input: InputOf<Noun['list']>) {
    return this.#list(call.db, input)
  }

  async get(call: TenantCall, { finding }: InputOf<Noun['get']>) {
    return showOne(call.db, await find(call.db, finding))
  }

  async decide(call: TenantCall, input: InputOf<Noun['decide']>) {
    const row = await this.changes.inTenant(call, (tx) =>
      this.#decide(call, tx, tx.db, 'findings.decide', input),
    )
    return showOne(call.db, row)
  }

  listPlatform(_: Call, input: InputOf<Noun['listPlatform']>) {
    return this.#list(this.#nobodys, input)
  }

  async getPlatform(_: Call, { finding }: InputOf<Noun['getPlatform']>) {
    return showOne(this.#nobodys, await find(this.#nobodys, finding))
  }

  async decidePlatform(call: Call, input: InputOf<Noun['decidePlatform']>) {
    const row = await this.changes.onPlatform(call, (tx) =>
      this.#decide(call, tx, tenantDb(tx.everything, nobody), 'findings.decidePlatform', input),
    )
    return showOne(this.#nobodys, row)
  }

  /** Of calls that matched no API: kept like those of a tenant that has no name. */
  get #nobodys(): TenantDb {
    return this.database.tenant(nobody)
  }

  async #list(
    db: TenantDb,
    input: Filter & { readonly limit: number; readonly cursor?: string | undefined },
  ) {
    const { data, page } = await paged(
      input,
      [
        ['lastAt', 'desc'],
        ['id', 'desc'],
      ],
      ({ where, ...query }) =>
        db.finding.findMany({ ...query, where: { AND: [where, matching(input)] }, include: withPlace }),
      (row: Row) => row,
    )
    const titles = await titlesOf(db, data)
    return { data: data.map((row) => show(row, titles)), page }
  }

  async #decide(
    call: Call,
    tx: Transaction,
    db: TenantDb,
    action: string,
    { finding, state, comment }: Decision,
  ): Promise<Row> {
    const before = await find(db, finding)
    expectVersion(call, before)
    const row = await db.finding.update({
      where: { id: before.id, version: before.version },
      data: {
        state,
        comment,
        decidedBy: call.actor.name,
        decidedAt: this.clock.now(),
        version: { increment: 1 },
      },
      include: withPlace,
    })
    tx.audit({
      action,
      resource: { kind: 'finding', id: row.id, name: `${row.pattern} by ${row.client}` },
      before: { state: before.state, comment: before.comment },
      after: { state, comment, decidedBy: call.actor.name },
      reason: comment === '' ? null : comment,
    })
    return row
  }
}

function matching({ state, pattern, environment }: Filter): Prisma.FindingWhereInput {
  return {
    ...(state === undefined ? {} : { state }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(environment === undefined
      ? {}
      : { environment: { OR: [{ id: environment }, { name: environment }] } }),
  }
}

async function find(db: TenantDb, id: string): Promise<Row> {
  const row = await db.finding.findFirst({ where: { id }, include: withPlace })
  return row ?? refuse('not_found', `There is no finding "${id}"`)
}

/** What people call the clients of findings, by kind and id; those that are gone are not in it. */
type Titles = ReadonlyMap<string, string>

const keyOf = ({ clientKind, client }: Pick<Row, 'clientKind' | 'client'>) => `${clientKind} ${client}`

async function titlesOf(db: TenantDb, rows: readonly Row[]): Promise<Titles> {
  const idsOf = (kind: string) =>
    rows.filter(({ clientKind }) => clientKind === kind).map(({ client }) => client)
  const [applications, credentials] = await Promise.all([
    db.application.findMany({
      where: { id: { in: idsOf('application') } },
      select: { id: true, title: true },
    }),
    db.credential.findMany({
      where: { id: { in: idsOf('credential') } },
      select: { id: true, prefix: true, last4: true, application: { select: { title: true } } },
    }),
  ])
  return new Map([
    ...applications.map(
      ({ id, title }) => [keyOf({ clientKind: 'application', client: id }), title] as const,
    ),
    ...credentials.map(({ id, prefix, last4, application }) => {
      const title = `${application.title} · ${last4 === '' ? prefix : `${prefix}…${last4}`}`
      return [keyOf({ clientKind: 'credential', client: id }), title] as const
    }),
  ])
}

async function showOne(db: TenantDb, row: Row) {
  return show(row, await titlesOf(db, [row]))
}

function show(row: Row, titles: Titles) {
  return {
    id: row.id as `fnd_${string}`,
    environment: row.environment.name,
    pattern: z.enum(findingPatterns).parse(row.pattern),
    client: {
      kind: z.enum(['network', 'credential', 'application']).parse(row.clientKind),
      id: row.client,
      title: titles.get(keyOf(row)) ?? row.client,
    },
    severity: z.enum(findingSeverities).parse(row.severity),
    state: row.state,
    firstAt: row.firstAt.toISOString(),
    lastAt: row.lastAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    count: row.count,
    facts: findingFacts.parse(row.facts),
    requests: row.requests,
    comment: row.comment,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    version: row.version,
  }
}
