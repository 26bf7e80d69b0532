import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyIdOf } from '@gatewright/shared/sealing/sealed'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { Sealer } from './sealer.ts'

const newKey = () => randomBytes(32).toString('base64')
const place = { table: 'identity_provider', column: 'client_secret', id: 'idp_1' }
const withKeys = (...keys: string[]) =>
  new Sealer({ SECRETS_KEY: keys.join(','), SECRETS_KEY_FILE: undefined })
const keyless = new Sealer({ SECRETS_KEY: undefined, SECRETS_KEY_FILE: undefined })

describe('a sealed secret', () => {
  test('opens to what was sealed, whatever it is, and shows none of it', () => {
    const sealer = withKeys(newKey())
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 6 }), (text) => {
        const sealed = sealer.seal(text, place)
        expect(sealed).not.toContain(text)
        expect(sealer.open(sealed, place)).toBe(text)
      }),
    )
  })

  test('is another text each time, also for the same secret', () => {
    const sealer = withKeys(newKey())
    expect(sealer.seal('secret', place)).not.toBe(sealer.seal('secret', place))
  })

  test.each([
    ['row', { ...place, id: 'idp_2' }],
    ['column', { ...place, column: 'other' }],
    ['table', { ...place, table: 'other' }],
  ])('cannot be opened in another %s', (_, elsewhere) => {
    const sealer = withKeys(newKey())
    const sealed = sealer.seal('secret', place)
    expect(() => sealer.open(sealed, elsewhere)).toThrow('changed, or sealed for another place')
  })

  test('cannot be opened when any byte of it was changed or cut', () => {
    const sealer = withKeys(newKey())
    const sealed = sealer.seal('secret', place)
    for (let i = 0; i < sealed.length; i++) {
      const other = sealed[i] === 'A' ? 'Q' : 'A'
      expect(
        () => sealer.open(`${sealed.slice(0, i)}${other}${sealed.slice(i + 1)}`, place),
        `${i}`,
      ).toThrow()
      expect(() => sealer.open(sealed.slice(0, i), place), `${i}`).toThrow()
    }
  })

  test('opens under every key that is held, and is sealed under the first', () => {
    const [old, next] = [newKey(), newKey()]
    const sealed = withKeys(old).seal('secret', place)
    const both = withKeys(next, old)
    expect(both.open(sealed, place)).toBe('secret')
    expect(keyIdOf(both.seal('secret', place))).toBe(withKeys(next).keyId)
    expect(() => withKeys(next).open(sealed, place)).toThrow(`the key ${keyIdOf(sealed)}, which`)
  })
})

describe('keys', () => {
  test('are wanted as soon as something is to be sealed, and not before', () => {
    expect(keyless.keyId).toBeNull()
    expect(() => keyless.seal('secret', place)).toThrow(
      expect.objectContaining({ code: 'secrets_key_missing' }) as Refusal,
    )
  })

  test.each([
    'short',
    'not base64 at all!',
    randomBytes(31).toString('base64'),
    randomBytes(32).toString('hex'),
  ])('that are not 32 bytes in base64 are refused without being shown: %s', (text) => {
    const make = () => withKeys(newKey(), text)
    expect(make).toThrow(/^SECRETS_KEY: key 2 is not usable/)
    expect(make).not.toThrow(text)
  })

  test('come from a file too, a line each, or from one place alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatewright-keys-'))
    try {
      const [old, next] = [newKey(), newKey()]
      const path = join(folder, 'keys')
      writeFileSync(path, `${next}\n${old}\n`)
      const fromFile = new Sealer({ SECRETS_KEY: undefined, SECRETS_KEY_FILE: path })
      expect(fromFile.keyIds).toEqual(withKeys(next, old).keyIds)
      expect(() => new Sealer({ SECRETS_KEY: old, SECRETS_KEY_FILE: path })).toThrow('not both')
      writeFileSync(path, '\n')
      expect(() => new Sealer({ SECRETS_KEY: undefined, SECRETS_KEY_FILE: path })).toThrow('holds no key')
    } finally {
      rmSync(folder, { recursive: true })
    }
    expect(() => new Sealer({ SECRETS_KEY: undefined, SECRETS_KEY_FILE: join(folder, 'keys') })).toThrow(
      'cannot be read (ENOENT)',
    )
  })
})
