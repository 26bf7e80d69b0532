// Databases of places: what is read out of files of different makers, and files that are changed, cut short or gone.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { shared, writeMmdb } from '../../testing/mmdb.fixture.ts'
import { type DatabaseStates, followDatabaseFiles } from './database-files.ts'
import { openPlaceDatabase } from './place-database.ts'
import { createPlaces } from './places.ts'

const countries = writeMmdb({
  '192.0.2.0/24': { country: { iso_code: 'DE' }, continent: { code: 'EU' } },
  '192.0.2.128/25': { country: { iso_code: 'FR' }, continent: { code: 'EU' } },
  '2001:db8::/32': { country_code: 'JP', continent_code: 'AS', asn: 'AS64501' },
})
const networks = writeMmdb({ '192.0.2.0/24': { autonomous_system_number: 64500 } })
const log = { info: () => undefined, error: () => undefined }

it('D10: addresses are found in IPv4 and IPv6 ranges, the narrowest one counts, and fields of several makers are read', () => {
  const { find } = openPlaceDatabase(shared(countries))
  expect(find('192.0.2.7')).toEqual({ country: 'DE', continent: 'EU', network: null })
  expect(find('192.0.2.200')).toEqual({ country: 'FR', continent: 'EU', network: null })
  expect(find('2001:db8:1::7')).toEqual({ country: 'JP', continent: 'AS', network: 64501 })
  expect(find('192.0.3.1')).toEqual({ country: null, continent: null, network: null })
  expect(find('2001:db9::1')).toEqual({ country: null, continent: null, network: null })
})

it('D10: two databases answer as one, and what is missing says how to provide it', () => {
  const places = createPlaces()
  places.use({
    countries: { kind: 'open', bytes: shared(countries) },
    networks: { kind: 'open', bytes: shared(networks) },
  })
  expect(places.find('192.0.2.7')).toEqual({ country: 'DE', continent: 'EU', network: 64500 })
  expect(places.missing('networks')).toBeNull()
  places.use({
    countries: { kind: 'open', bytes: shared(countries) },
    networks: { kind: 'missing', reason: 'NETWORK_DATABASE is not set' },
  })
  expect(places.missing('networks')).toBe('NETWORK_DATABASE is not set')
  expect(places.find('192.0.2.7').network).toBeNull()
})

it.each([
  ['text', Buffer.from('a page of some server that says 404')],
  ['nothing', Buffer.alloc(0)],
  ['one that was cut short', countries.subarray(0, countries.length / 2)],
])('D10: a file with %s is no database', (_, bytes) => {
  expect(() => openPlaceDatabase(shared(Buffer.from(bytes)))).toThrow()
})

it('D10: a file that changed is read again; one that is broken or gone leaves what was read before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-places-'))
  try {
    const path = join(folder, 'countries.mmdb')
    const heard: DatabaseStates[] = []
    let wake: () => void = () => undefined
    const news = () => new Promise<void>((resolve) => (wake = resolve))
    const errors: object[] = []
    const follower = await followDatabaseFiles(
      { countries: path, networks: null },
      (states) => {
        heard.push(states)
        wake()
      },
      { ...log, error: (fields) => errors.push(fields) },
      5,
    )
    expect(heard[0]?.countries).toMatchObject({
      kind: 'missing',
      reason: expect.stringMatching(/^COUNTRY_DATABASE \(.*countries\.mmdb\) cannot be used: ENOENT/),
    })
    expect(heard[0]?.networks).toMatchObject({ kind: 'missing' })
    const countryAt = (states: DatabaseStates | undefined) => {
      const places = createPlaces()
      if (states) places.use(states)
      return places.find('192.0.2.7').country
    }
    const put = async (bytes: Buffer) => {
      const next = news()
      writeFileSync(`${path}.new`, bytes)
      renameSync(`${path}.new`, path)
      await next
    }
    await put(countries)
    expect(countryAt(heard.at(-1))).toBe('DE')
    await put(writeMmdb({ '192.0.2.0/24': { country: { iso_code: 'AT' } } }))
    expect(countryAt(heard.at(-1))).toBe('AT')
    const count = heard.length
    rmSync(path)
    writeFileSync(path, 'broken')
    // The next good one comes after it: nothing was told in between.
    await put(writeMmdb({ '192.0.2.0/24': { country: { iso_code: 'CH' } } }))
    expect([heard.length, countryAt(heard.at(-1))]).toEqual([count + 1, 'CH'])
    follower.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
