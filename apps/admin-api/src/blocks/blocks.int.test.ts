// The blocklist over HTTP on a real Postgres and Redis: what is taken, what is said twice, and what gateways find.
import { accessStream, blocksKey } from '@gatewright/shared/channels'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Database } from '../infra/database.ts'
import { Redis } from '../infra/redis.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

let app: TestApp
let admin: Caller
let owner: Caller
beforeAll(async () => {
  app = await startTestApp()
  admin = await app.admin()
  for (const name of ['test', 'prod'])
    await admin.must('POST', '/environments', {
      body: { name, title: name, gatewayUrl: 'http://gw.example' },
    })
  owner = await app.signUp('owner@blocks.example', { create: { name: 'acme', title: 'Acme' } })
})
afterAll(() => app?.close())

interface Listed {
  data: {
    id: string
    kind: string
    value: string
    reason: string
    source: string
    expiresAt: string | null
    isOver: boolean
    by: { name: string }
  }[]
  page: { next_cursor: string | null; has_more: boolean }
}
interface Written {
  created: number
  changed: number
  unchanged: number
  revisions: { environment: string }[]
}

const path = '/tenants/acme/blocks'
const write = (body: object, by = owner) => by.must<Written>('PUT', path, { body })
const list = (query = '', by = owner) => by.must<Listed>('GET', `${path}${query}`)
const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
const address = (value: string, more: { expiresAt?: string } = {}) => ({
  kind: 'address',
  value,
  reason: 'Scans',
  ...more,
})

async function records(environment: string) {
  const texts = await app.get(Redis).client.hvals(blocksKey(environment))
  return texts.map((text) => JSON.parse(text) as { value: string; source: string; expiresAt: number | null })
}

describe('D12: the blocklist', () => {
  it('takes verdicts once, however often they are said; gateways of every environment find them, in one spelling', async () => {
    const body = {
      source: 'shield',
      blocks: [address('192.0.2.9/24', { expiresAt: inSeconds(600) }), address('2001:DB8::0:1')],
    }
    expect(await write(body)).toMatchObject({ created: 2, changed: 0, unchanged: 0, revisions: [{}, {}] })
    expect(await write(body)).toEqual({ created: 0, changed: 0, unchanged: 2, revisions: [] })
    const [first, second] = body.blocks
    const again = { source: 'shield', blocks: [{ ...first, reason: 'Scans on' }, second] }
    expect(await write(again)).toMatchObject({ created: 0, changed: 1, unchanged: 1 })
    // Another system's word is its own.
    expect(await write({ source: 'other', blocks: [second] })).toMatchObject({ created: 1 })
    const { data } = await list('?search=scans%20on')
    expect(data).toMatchObject([
      { value: '192.0.2.0/24', source: 'shield', isOver: false, by: { name: expect.any(String) } },
    ])
    for (const environment of ['test', 'prod'])
      await vi.waitFor(async () =>
        expect((await records(environment)).map(({ value, source }) => `${value} ${source}`).sort()).toEqual([
          '192.0.2.0/24 shield',
          '2001:db8::1 other',
          '2001:db8::1 shield',
        ]),
      )
    expect(await records('prod')).toContainEqual(
      expect.objectContaining({ value: '192.0.2.0/24', expiresAt: Date.parse(String(first?.expiresAt)) }),
    )
  })

  it('lifts by target and by id, also what is not there; the word of another system stays', async () => {
    const targets = [
      { kind: 'address', value: '192.0.2.77/24' },
      { kind: 'address', value: '2001:db8::1' },
    ]
    const lift = () =>
      owner.must<{ lifted: number }>('POST', `${path}/lift`, { body: { source: 'shield', targets } })
    expect((await lift()).lifted).toBe(2)
    expect((await lift()).lifted).toBe(0)
    const { data } = await list()
    expect(data).toMatchObject([{ value: '2001:db8::1', source: 'other' }])
    await owner.must('DELETE', `${path}/${data[0]?.id}`)
    expect((await list()).data).toEqual([])
    expect((await owner.send('DELETE', `${path}/${data[0]?.id}`)).body.code).toBe('not_found')
    await vi.waitFor(async () => expect(await records('prod')).toEqual([]))
  })

  it.each<[string, object, string]>([
    ['a text', address('example.com'), '/blocks/0/value'],
    ['everybody', address('0.0.0.0/0'), '/blocks/0/value'],
    [
      'an id of something else',
      { kind: 'credential', value: 'app_0000000000000000000000', reason: 'x' },
      '/blocks/0/value',
    ],
    ['a time that is past', address('192.0.2.1', { expiresAt: inSeconds(-1) }), '/blocks/0/expiresAt'],
    ['no reason', { kind: 'address', value: '192.0.2.1' }, '/blocks/0/reason'],
  ])('refuses %s and says where', async (_, verdict, pointer) => {
    const answer = await owner.send('PUT', path, { body: { blocks: [verdict] } })
    expect(answer.body).toMatchObject({ status: 400, code: 'invalid_input', errors: [{ pointer }] })
    expect((await list()).data).toEqual([])
  })

  it('takes a thousand at once and all or none, and refuses what stands in a batch twice', async () => {
    const many = Array.from({ length: 1_000 }, (_, i) => address(`198.18.${i >> 8}.${i & 255}`))
    const twice = await owner.send('PUT', path, {
      body: { source: 'bulk', blocks: [...many.slice(1), address('198.18.0.1/32')] },
    })
    expect(twice.body).toMatchObject({ status: 400, errors: [{ pointer: '/blocks/999/value' }] })
    expect((await list()).data).toEqual([])
    expect(
      (await owner.send('PUT', path, { body: { blocks: [...many, address('198.19.0.1')] } })).status,
    ).toBe(400)
    expect(await write({ source: 'bulk', blocks: many })).toMatchObject({ created: 1_000 })
    await vi.waitFor(async () => expect(await records('prod')).toHaveLength(1_000), 20_000)
    const one = await list('?limit=200&kind=address')
    const two = await list(`?limit=200&cursor=${one.page.next_cursor}`)
    expect(new Set([...one.data, ...two.data].map(({ id }) => id)).size).toBe(400)
  })

  it('is restored for gateways when Redis has lost everything', async () => {
    const { client } = app.get(Redis)
    await client.flushall()
    await vi.waitFor(async () => expect(await records('prod')).toHaveLength(1_000), 20_000)
    expect(await client.xlen(accessStream('prod'))).toBeGreaterThan(0)
  })

  it('holds so many and no more; what is over makes room a week later', async () => {
    const { everything } = await import('../infra/database.ts').then(({ Database }) => app.get(Database))
    const tenant = await everything.tenant.findUniqueOrThrow({ where: { name: 'acme' } })
    await everything.block.updateMany({
      where: { tenantId: tenant.id },
      data: { expiresAt: new Date(Date.now() - 8 * 86_400_000) },
    })
    expect((await list()).data).toEqual([])
    expect((await list('?state=expired&limit=1')).data).toMatchObject([{ isOver: true }])
    for (let i = 0; i < 10; i++)
      await write({
        source: `bulk-${i}`,
        blocks: Array.from({ length: 1_000 }, (_, j) => address(`198.18.${j >> 8}.${j & 255}`)),
      })
    expect((await list('?state=expired')).data).toEqual([])
    const full = await owner.send('PUT', path, { body: { blocks: [address('192.0.2.1')] } })
    expect(full.body).toMatchObject({ status: 409, code: 'limit_reached' })
  })

  it('D12: blocks anew whoever comes back after a week, also where that entry was about to be swept', async () => {
    const { everything } = await import('../infra/database.ts').then(({ Database }) => app.get(Database))
    const tenant = await everything.tenant.findUniqueOrThrow({ where: { name: 'acme' } })
    const isOver = (source: string, days: number) =>
      everything.block.updateMany({
        where: { tenantId: tenant.id, source },
        data: { expiresAt: new Date(Date.now() - days * 86_400_000) },
      })
    await isOver('bulk-0', 8)
    const [again] = (await list('?state=expired&search=bulk-0&limit=1')).data
    const body = { source: 'bulk-0', blocks: [address(again?.value ?? '', { expiresAt: inSeconds(600) })] }
    expect(await write(body)).toMatchObject({ created: 0, changed: 1 })
    const { data } = await list('?search=bulk-0')
    expect(data).toMatchObject([{ value: again?.value, isOver: false }])
    await vi.waitFor(
      async () =>
        expect(await records('prod')).toContainEqual(
          expect.objectContaining({
            source: 'bulk-0',
            expiresAt: Date.parse(String(body.blocks[0]?.expiresAt)),
          }),
        ),
      20_000,
    )
  })

  it('D12: entries that are over make room when it is needed, the oldest first: short blocks of a week do not fill the list', async () => {
    const { everything } = await import('../infra/database.ts').then(({ Database }) => app.get(Database))
    const tenant = await everything.tenant.findUniqueOrThrow({ where: { name: 'acme' } })
    const blocks = Array.from({ length: 1_000 }, (_, j) => address(`198.20.${j >> 8}.${j & 255}`))
    await write({ source: 'full', blocks: blocks.slice(0, 999) })
    expect((await owner.send('PUT', path, { body: { source: 'new', blocks: [blocks[0]] } })).status).toBe(409)
    for (const [source, minutes] of [
      ['bulk-1', 1],
      ['bulk-2', 5],
    ] as const)
      await everything.block.updateMany({
        where: { tenantId: tenant.id, source },
        data: { expiresAt: new Date(Date.now() - minutes * 60_000) },
      })
    expect(await write({ source: 'new', blocks })).toMatchObject({ created: 1_000 })
    const left = async (source: string) => (await list(`?state=expired&search=${source}&limit=1`)).data.length
    expect([await left('bulk-1'), await left('bulk-2')]).toEqual([1, 0])
  })

  it('D12: who lifts comes after who writes: what is lifted, and told, is what stood there then', async () => {
    const verdict = (reason: string) => ({ kind: 'address', value: '192.0.2.99', reason })
    await write({ source: 'race', blocks: [verdict('first')] })
    const { pool } = app.get(Database)
    const other = await pool.connect()
    try {
      await other.query('BEGIN')
      const { rows } = await other.query<{ tenant_id: string }>(
        `SELECT tenant_id FROM block WHERE source = 'race'`,
      )
      await other.query(`SELECT pg_advisory_xact_lock(hashtext('blocklist'), hashtext($1))`, [
        rows[0]?.tenant_id,
      ])
      const lifted = owner.must('POST', `${path}/lift`, {
        body: { source: 'race', targets: [{ kind: 'address', value: '192.0.2.99' }] },
      })
      await other.query(`UPDATE block SET reason = 'second' WHERE source = 'race'`)
      await vi.waitFor(async () => {
        const waits = await pool.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`)
        expect(waits.rowCount).toBeGreaterThan(0)
      })
      await other.query('COMMIT')
      expect(await lifted).toMatchObject({ lifted: 1 })
    } finally {
      other.release(true)
    }
    const entry = await app
      .get(Database)
      .everything.auditEvent.findFirst({ where: { action: 'blocks.lift' }, orderBy: { at: 'desc' } })
    expect(entry?.before).toMatchObject({ blocks: [{ reason: 'second' }] })
  })

  it('of the platform is a platform admin’s, and of addresses alone', async () => {
    const body = { source: 'shield', blocks: [address('203.0.113.0/24')] }
    expect((await owner.send('PUT', '/blocks', { body })).status).toBe(403)
    expect((await owner.send('GET', '/blocks')).status).toBe(403)
    await admin.must('PUT', '/blocks', { body })
    expect((await admin.must<Listed>('GET', '/blocks')).data).toMatchObject([{ value: '203.0.113.0/24' }])
    expect((await list('?search=203.0.113')).data).toEqual([])
    const other = { kind: 'application', value: 'app_0000000000000000000000', reason: 'x' }
    expect((await admin.send('PUT', '/blocks', { body: { blocks: [other] } })).body).toMatchObject({
      errors: [{ pointer: '/blocks/0/kind' }],
    })
    // The id of a tenant's block is none of the platform's, nor the other way round.
    const [theirs] = (await list('?limit=1')).data
    expect((await admin.send('DELETE', `/blocks/${theirs?.id}`)).status).toBe(404)
  })
})
