// Lists of attackers at a real gateway: from a folder, in all workers, and anew when a file is.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { policy, snapshotOf, version } from './documents.ts'
import { createRig, until } from './rig.ts'

it('D10: addresses on lists of attackers are refused, and a new list is used without a publish', async () => {
  await using rig = await createRig()
  const folder = join(rig.folder, 'lists')
  mkdirSync(folder)
  const put = (text: string) => {
    writeFileSync(join(folder, '.drop'), text)
    renameSync(join(folder, '.drop'), join(folder, 'drop.txt'))
  }
  put('; attackers\n192.0.2.0/24 ; one of them\n')
  const upstream = await rig.startUpstream()
  const publish = (lists: readonly string[]) =>
    rig.publisher.publish(
      snapshotOf([
        version({
          isPublic: true,
          upstreamUrls: [upstream.url],
          policies: [policy('ip-reputation', { lists })],
        }),
      ]),
    )
  await publish(['drop'])
  const gateway = await rig.startGateway({ ADDRESS_LISTS: folder, TRUSTED_PROXIES: '127.0.0.0/8' })
  await rig.publisher.live([gateway])
  const call = async (from: string) => {
    const reply = await gateway.call('/echo/things', { headers: { 'X-Forwarded-For': from } })
    return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
  }
  expect(await call('192.0.2.7')).toBe('403 address_listed')
  expect(await call('198.51.100.7')).toBe('200')
  const find = async () => (await rig.publisher.events()).find(({ address }) => address === '192.0.2.7')
  await until(async () => (await find()) !== undefined, 'there is an event')
  expect((await find())?.security).toMatchObject([{ kind: 'reputation', action: 'blocked', detail: 'drop' }])
  put('198.51.100.0/24\n')
  // Ten calls in a row, each on a connection of its own: no worker goes by the old one.
  await until(async () => {
    for (let i = 0; i < 10; i++) if ((await call('198.51.100.7')) === '200') return false
    return true
  }, 'the new list is used')
  expect(await call('192.0.2.7')).toBe('200')
  await publish(['drop', 'elsewhere'])
  await rig.publisher.live([gateway])
  expect(await call('192.0.2.7')).toBe('503 reputation_unavailable')
  writeFileSync(join(folder, 'elsewhere.txt'), '203.0.113.0/24\n')
  await until(async () => (await call('192.0.2.7')) === '200', 'the missing list is used')
})
