// Lists of addresses: how makers write them, what is found in them, and files that are changed, broken or gone.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAddressSet, parseCidr } from '@gatewright/shared/cidr'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAddressLists } from './address-lists.ts'
import { AddressTable, packTable } from './address-table.ts'
import { followListFolder, type NamedTables } from './list-folder.ts'
import { readListText } from './list-text.ts'

const tableOf = (text: string) => new AddressTable(packTable(readListText(text)))

it.each([
  ['Spamhaus', '; Spamhaus DROP List\n1.10.16.0/20 ; SBL256894\n'],
  [
    'Spamhaus as JSON',
    '{"cidr":"1.10.16.0/20","sblid":"SBL256894","rir":"apnic"}\n{"type":"metadata","records":1}\n',
  ],
  ['FireHOL', '#\n# firehol_level1\n#\n\n1.10.16.0/20\r\n'],
])('D10: a list as %s writes it', (_, text) => {
  const table = tableOf(text)
  expect(['1.10.16.0', '1.10.31.255', '::ffff:1.10.20.1'].map((it) => table.has(it))).toEqual([
    true,
    true,
    true,
  ])
  expect(['1.10.15.255', '1.10.32.0', '2001:db8::1', 'nobody'].map((it) => table.has(it))).toEqual([
    false,
    false,
    false,
    false,
  ])
})

it('D10: a line that is no address names itself, and nothing of its list is used', () => {
  expect(() => readListText('192.0.2.1\n192.0.2.999\n')).toThrow(
    'line 2 is no address and no range: "192.0.2.999"',
  )
})

it('D10: a table has what a set of ranges has, in both families and however ranges overlap', () => {
  const cidr = fc.oneof(
    fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, prefix]) => `${address}/${prefix}`),
    fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, prefix]) => `${address}/${prefix}`),
  )
  fc.assert(
    fc.property(
      fc.array(cidr, { maxLength: 30 }),
      fc.array(fc.oneof(fc.ipV4(), fc.ipV6())),
      (cidrs, addresses) => {
        const usable = cidrs.filter((text) => parseCidr(text) !== null)
        const set = createAddressSet(usable)
        const table = tableOf(usable.join('\n'))
        for (const address of [...addresses, ...usable.map((text) => text.split('/')[0] ?? '')])
          expect(table.has(address), address).toBe(set.has(address))
      },
    ),
  )
})

it('D10: a hundred thousand ranges are 800 kB that all workers share', () => {
  const text = Array.from(
    { length: 100_000 },
    (_, i) => `${1 + (i >> 15)}.${(i >> 7) & 255}.${(i & 127) * 2}.0/25`,
  ).join('\n')
  const bytes = packTable(readListText(text))
  expect(bytes.v4.byteLength).toBe(800_000)
  const table = new AddressTable(bytes)
  expect([table.has('1.0.2.127'), table.has('1.0.2.128'), table.has('4.13.62.1')]).toEqual([
    true,
    false,
    true,
  ])
})

it('D10: a file that changed is read again; one that is broken, empty or gone leaves the list as it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-lists-'))
  try {
    const lists = createAddressLists()
    let wake: () => void = () => undefined
    let told = 0
    const changed = (named: NamedTables) => {
      told++
      lists.use(named)
      wake()
    }
    const put = async (file: string, text: string) => {
      const next = new Promise<void>((resolve) => {
        wake = resolve
      })
      writeFileSync(join(folder, `.${file}`), text)
      renameSync(join(folder, `.${file}`), join(folder, file))
      await next
    }
    const log = { info: () => undefined, error: () => undefined }
    const follower = await followListFolder(folder, changed, log, 5)
    expect(lists.missing('drop')).toContain('put a file drop.txt into the folder that ADDRESS_LISTS names')
    await put('drop.txt', '192.0.2.0/24\n')
    expect(lists.missing('drop')).toBeNull()
    expect(lists.find(['other', 'drop'], '192.0.2.7')).toBe('drop')
    const before = told
    writeFileSync(join(folder, 'drop.txt'), '<html>404</html>')
    await put('level1.netset', '198.51.100.0/24\n')
    expect(told).toBe(before + 1)
    expect(lists.find(['drop', 'level1'], '198.51.100.1')).toBe('level1')
    expect(lists.find(['drop'], '192.0.2.7')).toBe('drop')
    // What a failed download leaves: nothing, or comments alone.
    writeFileSync(join(folder, 'drop.txt'), '; attackers\n')
    await put('level1.netset', '198.51.100.0/25\n')
    expect(lists.find(['drop'], '192.0.2.7')).toBe('drop')
    rmSync(join(folder, 'drop.txt'))
    await put('level1.netset', '203.0.113.0/24\n')
    expect(lists.find(['drop', 'level1'], '192.0.2.7')).toBe('drop')
    expect(lists.find(['level1'], '198.51.100.1')).toBeNull()
    follower.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it('D10: of two files of one name the first is the list, and the other one is told: it does not change at every look', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-lists-'))
  try {
    writeFileSync(join(folder, 'drop.json'), '{"cidr":"192.0.2.0/24"}\n')
    writeFileSync(join(folder, 'drop.txt'), '198.51.100.0/24\n')
    const lists = createAddressLists()
    const told: string[] = []
    let looks = 0
    let look: () => void = () => undefined
    const log = {
      info: () => undefined,
      error: (fields: object, message: string) => void told.push(`${message} ${JSON.stringify(fields)}`),
    }
    const changed = (named: NamedTables) => {
      lists.use(named)
      looks++
      look()
    }
    const follower = await followListFolder(folder, changed, log, 5)
    const isNew = new Promise<void>((resolve) => {
      look = resolve
    })
    writeFileSync(join(folder, '.other'), '203.0.113.0/24\n')
    renameSync(join(folder, '.other'), join(folder, 'other.txt'))
    await isNew
    expect(looks).toBe(2)
    expect(lists.find(['drop'], '192.0.2.7')).toBe('drop')
    expect(lists.find(['drop'], '198.51.100.7')).toBeNull()
    expect(told).toEqual([
      `Two files are one list by their name: the second is not read ${JSON.stringify({ list: 'drop', folder, files: ['drop.json', 'drop.txt'] })}`,
    ])
    follower.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
