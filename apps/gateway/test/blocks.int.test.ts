// The blocklist at a real gateway: who is blocked stays so when the gateway starts anew while Redis is away.
import { readFileSync, writeFileSync } from 'node:fs'
import { accessStream, blocksKey, credentialsKey, headKey, wakeChannel } from '@gatewright/shared/channels'
import { type BlockRecord, blockChange } from '@gatewright/shared/model/block'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { openBlockRecords } from '../src/runtime/blocks/block-records.ts'
import { environment, snapshotOf, tenantId, version } from './documents.ts'
import { createRig, type Rig, until } from './rig.ts'

/** What the control plane writes of a block; null lifts it. */
async function write(
  { redis: { client }, publisher }: Rig,
  id: string,
  record: BlockRecord | null,
  at: number,
) {
  if (record === null) await client.hdel(blocksKey(environment), id)
  else await client.hset(blocksKey(environment), id, JSON.stringify(record))
  await client.hset(credentialsKey(environment), 'revision', at)
  await client.xadd(accessStream(environment), `${at}-0`, 'hash', blockChange(id))
  const head = JSON.stringify({ ...publisher.head(), accessRevision: at })
  await client.set(headKey(environment), head)
  await client.publish(wakeChannel(environment), head)
}

it('D12: a block holds in all workers, also after a start without Redis, and until it is lifted', async () => {
  await using rig = await createRig()
  const upstream = await rig.startUpstream()
  await rig.publisher.publish(snapshotOf([version({ isPublic: true, upstreamUrls: [upstream.url] })]))
  const env = { TRUSTED_PROXIES: '127.0.0.0/8', DATA_DIR: `${rig.folder}/kept` }
  const first = await rig.startGateway(env)
  await rig.publisher.live([first])
  const call = async (gateway: typeof first, from: string) =>
    (await gateway.call('/echo/things', { headers: { 'X-Forwarded-For': from } })).status
  const isEverywhere = async (gateway: typeof first, status: number) => {
    // Ten calls in a row, each on a connection of its own.
    for (let i = 0; i < 10; i++) if ((await call(gateway, '192.0.2.7')) !== status) return false
    return true
  }
  expect(await call(first, '192.0.2.7')).toBe(200)
  const record = {
    id: 'blk_1',
    tenantId,
    kind: 'address',
    value: '192.0.2.0/24',
    source: 'shield',
    expiresAt: null,
  } as const
  await write(rig, 'blk_1', record, 1)
  await until(() => isEverywhere(first, 403), 'the block holds')
  expect(await call(first, '198.51.100.7')).toBe(200)
  const find = async () => (await rig.publisher.events()).find(({ reason }) => reason === 'caller_blocked')
  await until(async () => (await find()) !== undefined, 'there is an event')
  expect(await find()).toMatchObject({
    policy: 'blocklist',
    security: [{ kind: 'blocklist', action: 'blocked' }],
  })
  await first.kill()
  await rig.redis.stop()
  const second = await rig.startGateway(env)
  expect(await isEverywhere(second, 403)).toBe(true)
  await rig.redis.start()
  await write(rig, 'blk_1', null, 2)
  await until(() => isEverywhere(second, 200), 'it is lifted')
})

it('D12: a block that cannot be read takes none of the others with it, and changes nothing of itself', async () => {
  await using rig = await createRig()
  const { client } = rig.redis
  const log = pino({ level: 'silent' })
  const key = blocksKey(environment)
  const record = (id: string, more: object = {}) => {
    const target = { kind: 'address', value: '192.0.2.7', source: 'shield', expiresAt: null }
    return JSON.stringify({ id, tenantId, ...target, ...more })
  }
  await client.hset(key, { blk_1: record('blk_1'), blk_2: record('blk_2') })
  const blocks = openBlockRecords(client, environment, rig.folder, log)
  const ids = () => blocks.all().put.map(({ id }) => id)
  await blocks.read(null)
  blocks.told()
  // Of a newer control plane, and of nobody.
  await client.hset(key, { blk_1: record('blk_1', { newer: true }), blk_3: '{"id":', blk_4: record('blk_4') })
  expect(await blocks.read(['blk_1', 'blk_3', 'blk_4'])).toMatchObject({ put: [{ id: 'blk_4' }], drop: [] })
  expect(ids().sort()).toEqual(['blk_1', 'blk_2', 'blk_4'])
  await blocks.read(null)
  expect(ids().sort()).toEqual(['blk_1', 'blk_2', 'blk_4'])
  const path = `${rig.folder}/blocks.json`
  const kept = JSON.parse(readFileSync(path, 'utf8')) as object[]
  writeFileSync(path, JSON.stringify([...kept, { id: 'blk_5', newer: true }]))
  expect(openBlockRecords(client, environment, rig.folder, log).all().put).toHaveLength(3)
})
