// References to Vault: what is read of them, and what never becomes a path of its API.
import { describe, expect, it } from 'vitest'
import { secretText } from './secret.ts'
import { readVaultReference } from './vault-reference.ts'

describe('C6: references to Vault', () => {
  it('name mount, path, key and maybe a version', () => {
    expect(readVaultReference('secret/data/books#token')).toEqual({
      segments: ['secret', 'data', 'books'],
      version: null,
      key: 'token',
    })
    expect(readVaultReference('kv/eu/data/books/back end?version=12#a#b?c')).toEqual({
      segments: ['kv', 'eu', 'data', 'books', 'back end'],
      version: 12,
      key: 'a#b?c',
    })
  })

  it.each([
    ['secret/data/books', 'names no key'],
    ['secret/data/books#', 'its key is empty'],
    ['secret/data/books#a\nb', 'characters that cannot be seen'],
    ['secret/books#token', 'not of the form'],
    ['data/books#token', 'not of the form'],
    ['secret/data#token', 'not of the form'],
    ['secret/data/../../sys/raw#token', '“..”'],
    ['secret/data/./books#token', '“.”'],
    ['secret//data/books#token', 'empty part'],
    ['/secret/data/books#token', 'empty part'],
    ['secret/data/%2e%2e#token', '“..”'],
    ['secret/data/a\\b#token', '“..”'],
    ['secret/data/books?version=0#token', 'only version='],
    ['secret/data/books?version=1&list=true#token', 'only version='],
    ['secret/data/books?#token', 'only version='],
    [`secret/data/${'a'.repeat(2_000)}#token`, 'more than 1024'],
  ])('are refused before anybody is asked: %s', (name, fault) => {
    expect(readVaultReference(name)).toContain(fault)
    const parsed = secretText({ title: 'Secret' }).safeParse(`vault:${name}`)
    expect(parsed.error?.issues[0]?.message).toContain(fault)
  })
})
