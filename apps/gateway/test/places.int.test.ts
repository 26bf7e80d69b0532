// Places of callers at a real gateway: a database on disk, its replacement under way, and none at all.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeMmdb } from '../src/testing/mmdb.fixture.ts'
import { policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig, until } from './rig.ts'

const proxied = { TRUSTED_PROXIES: '127.0.0.0/8' }
const databaseOf = (country: string) =>
  writeMmdb({
    '192.0.2.0/24': { country: { iso_code: country }, continent: { code: 'EU' } },
    '2001:db8::/32': { country: { iso_code: country }, continent: { code: 'EU' } },
    '198.51.100.0/24': { country: { iso_code: 'CH' }, continent: { code: 'EU' } },
  })

async function publish(rig: Rig, config: object) {
  const upstream = await rig.startUpstream()
  await rig.publisher.publish(
    snapshotOf([
      version({
        isPublic: true,
        upstreamUrls: [upstream.url],
        policies: [policy('geo-filter', { ...config })],
      }),
    ]),
  )
}

describe('D10: places of callers', () => {
  it('are known from files, in all workers, and from another file as soon as there is one', async () => {
    await using rig = await createRig()
    const countries = join(rig.folder, 'countries.mmdb')
    const networks = join(rig.folder, 'networks.mmdb')
    writeFileSync(countries, databaseOf('DE'))
    writeFileSync(networks, writeMmdb({ '203.0.113.0/24': { autonomous_system_number: 64500 } }))
    await publish(rig, { denyCountries: ['DE'], denyNetworks: [64500] })
    const gateway = await rig.startGateway({
      ...proxied,
      COUNTRY_DATABASE: countries,
      NETWORK_DATABASE: networks,
    })
    await rig.publisher.live([gateway])
    const call = async (from: string) => {
      const reply = await gateway.call('/echo/things', { headers: { 'X-Forwarded-For': from } })
      return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
    }
    const denied = '403 place_not_allowed'
    expect(await call('192.0.2.7')).toBe(denied)
    expect(await call('2001:db8::7')).toBe(denied)
    expect(await call('203.0.113.7')).toBe(denied)
    expect(await call('198.51.100.7')).toBe('200')
    const find = async () => (await rig.publisher.events()).find(({ address }) => address === '203.0.113.7')
    await until(async () => (await find()) !== undefined, 'there is an event')
    expect((await find())?.security).toMatchObject([{ kind: 'place', action: 'blocked', detail: 'AS64500' }])
    writeFileSync(`${countries}.new`, databaseOf('FR'))
    renameSync(`${countries}.new`, countries)
    // Ten calls in a row, each on a connection of its own: no worker goes by the old one.
    await until(async () => {
      for (let i = 0; i < 10; i++) if ((await call('192.0.2.7')) !== '200') return false
      return true
    }, 'the new database is used')
    expect(await call('203.0.113.7')).toBe(denied)
  })

  it('D10: a gateway without a database refuses the calls that need one, serves all others, and goes on when the file is there', async () => {
    await using rig = await createRig()
    const countries = join(rig.folder, 'countries.mmdb')
    const upstream = await rig.startUpstream()
    const api = (name: string, policies: ReturnType<typeof policy>[]) =>
      version({ name, isPublic: true, upstreamUrls: [upstream.url], policies })
    await rig.publisher.publish(
      snapshotOf([api('echo', [policy('geo-filter', { denyCountries: ['DE'] })]), api('other', [])]),
    )
    const gateway = await rig.startGateway({ ...proxied, COUNTRY_DATABASE: countries })
    await rig.publisher.live([gateway])
    const call = async (path: string) => {
      const reply = await gateway.call(path, { headers: { 'X-Forwarded-For': '198.51.100.7' } })
      return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
    }
    expect(await call('/echo/things')).toBe('503 place_unavailable')
    expect(await call('/other/things')).toBe('200')
    writeFileSync(`${countries}.new`, databaseOf('DE'))
    renameSync(`${countries}.new`, countries)
    await until(async () => (await call('/echo/things')) === '200', 'the database is used')
  })
})
