import { accessStream, credentialsKey, headKey, snapshotKey, wakeChannel } from '@gatewright/shared/channels'
import { createId } from '@gatewright/shared/ids'
import { headSchema, snapshotEnvelope } from '@gatewright/shared/snapshot'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ControlPlane, type TestTenant } from '../testing/control-plane.fixture.ts'

let plane: ControlPlane
let prod: { id: string; name: string }
let tenant: TestTenant

beforeAll(async () => {
  plane = await ControlPlane.start()
  prod = await plane.createEnvironment('prod')
  tenant = await plane.createTenant('acme')
})
afterAll(() => plane[Symbol.asyncDispose]())

async function head() {
  const text = await plane.redis.client.get(headKey(prod.name))
  return text === null ? null : headSchema.parse(JSON.parse(text))
}

async function snapshot() {
  return snapshotEnvelope.parse(JSON.parse((await plane.redis.client.get(snapshotKey(prod.name))) ?? 'null'))
}

/** Resolves at the first wake-up whose head satisfies `wanted`. */
async function wakeUp(wanted: (head: { revision: number; accessRevision: number }) => boolean) {
  const subscriber = new Redis(plane.redisServer.url)
  const { promise, resolve } = Promise.withResolvers<number>()
  subscriber.on('message', (_, text: string) => {
    if (wanted(JSON.parse(text))) resolve(Date.now())
  })
  await subscriber.subscribe(wakeChannel(prod.name))
  return { heard: promise.finally(() => subscriber.disconnect()) }
}

const raise = () =>
  plane.changes.inTenant(plane.call(tenant), async (tx) => {
    tx.audit({
      action: 'test.raise',
      resource: { kind: 'test', id: 'test', name: 'test' },
      before: null,
      after: {},
    })
    tx.config([prod.id], { reason: 'test' })
  })

async function credential(hash: string) {
  const { everything } = plane.database
  const application = await everything.application.upsert({
    where: { tenantId_name: { tenantId: tenant.id, name: 'app' } },
    create: { id: createId('app'), tenantId: tenant.id, ownerId: tenant.userId, name: 'app', title: 'App' },
    update: {},
  })
  await plane.changes.inTenant(plane.call(tenant), async (tx) => {
    await tx.db.credential.create({
      data: {
        id: createId('key'),
        tenantId: tenant.id,
        applicationId: application.id,
        environmentId: prod.id,
        name: 'Key',
        hash,
        prefix: 'gw_prod',
        last4: '0000',
        createdBy: tenant.userId,
      },
    })
    tx.audit({
      action: 'credentials.issue',
      resource: { kind: 'credential', id: hash, name: hash },
      before: null,
      after: {},
    })
    tx.access(prod.id, [hash])
  })
}

describe('publisher', () => {
  test('I16: a commit is stored with its revision and hash, and wakes gateways', async () => {
    plane.publisher.onApplicationBootstrap()
    const wake = await wakeUp(({ revision }) => revision === 1)
    await raise()
    await wake.heard
    const stored = await snapshot()
    expect(await head()).toEqual({ revision: 1, hash: stored.hash, accessRevision: 0 })
    expect(JSON.parse(stored.document).environment).toEqual({ id: prod.id, name: 'prod' })
    await expect
      .poll(() => plane.database.everything.revision.findFirst({ where: { environmentId: prod.id } }))
      .toMatchObject({ number: 1, hash: stored.hash })
  })

  test('a crash between commit and publish is healed by comparing', async () => {
    await plane.publisher.onApplicationShutdown()
    await raise()
    await credential('a'.repeat(64))
    const before = await head()
    expect(before).toMatchObject({ revision: 1, accessRevision: 0 })
    const restarted = plane.createPublisher()
    const wake = await wakeUp(({ revision, accessRevision }) => revision === 2 && accessRevision === 1)
    restarted.onApplicationBootstrap()
    await wake.heard
    await restarted.onApplicationShutdown()
    expect(await head()).toMatchObject({ revision: 2, accessRevision: 1 })
    const record = await plane.redis.client.hget(credentialsKey(prod.name), 'a'.repeat(64))
    expect(JSON.parse(record ?? '')).toMatchObject({
      applicationName: 'app',
      state: 'active',
      tenantId: tenant.id,
    })
    expect(await plane.redis.client.xrange(accessStream(prod.name), '-', '+')).toEqual([
      ['1-0', ['hash', 'a'.repeat(64)]],
    ])
  })

  test('access changes are carried in order and once, also by two publishers at the same time', async () => {
    const [one, two] = [plane.createPublisher(), plane.createPublisher()]
    for (const hash of ['b', 'c', 'd']) await credential(hash.repeat(64))
    await Promise.all([one.publish(prod.id), two.publish(prod.id), raise()])
    await Promise.all([one.publish(prod.id), two.publish(prod.id)])
    expect(await head()).toMatchObject({ revision: 3, accessRevision: 4 })
    const entries = await plane.redis.client.xrange(accessStream(prod.name), '-', '+')
    expect(entries.map(([id]) => id)).toEqual(['1-0', '2-0', '3-0', '4-0'])
    expect(await plane.redis.client.hget(credentialsKey(prod.name), 'revision')).toBe('4')
  })

  test('Redis that lost everything has everything again within 2 s', async () => {
    const publisher = plane.createPublisher()
    publisher.onApplicationBootstrap()
    await publisher.reconcile()
    const lost = await head()
    const wake = await wakeUp(({ revision, accessRevision }) => revision === 3 && accessRevision === 4)
    const flushedAt = Date.now()
    await plane.redis.client.flushall()
    const healedAt = await wake.heard
    await publisher.onApplicationShutdown()
    expect(healedAt - flushedAt).toBeLessThanOrEqual(2_000)
    expect(await head()).toEqual(lost)
    expect((await snapshot()).hash).toBe(lost?.hash)
    expect(await plane.redis.client.hlen(credentialsKey(prod.name))).toBe(5)
    expect(await plane.redis.client.xlen(accessStream(prod.name))).toBe(4)
  })

  test('a lost part is noticed too: the snapshot alone, the credentials alone', async () => {
    const publisher = plane.createPublisher()
    const before = await head()
    await plane.redis.client.del(snapshotKey(prod.name))
    await publisher.reconcile()
    expect((await snapshot()).hash).toBe(before?.hash)
    await plane.redis.client.del(credentialsKey(prod.name))
    await publisher.reconcile()
    expect(await plane.redis.client.hlen(credentialsKey(prod.name))).toBe(5)
    expect(await head()).toEqual(before)
  })

  test('while Redis is away commits go on, and they are published when it is back', async () => {
    const publisher = plane.createPublisher()
    publisher.onApplicationBootstrap()
    await publisher.reconcile()
    await plane.redisServer.kill()
    await raise()
    await plane.redisServer.restart({ empty: true })
    await expect.poll(head, { timeout: 10_000 }).toMatchObject({ revision: 4, accessRevision: 4 })
    await publisher.onApplicationShutdown()
  })
})
