import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRegistryAccess } from './access.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatewright-registries-'))
})
afterEach(() => rm(folder, { recursive: true }))

function registries(entries: unknown): string {
  const path = join(folder, 'registries.json')
  writeFileSync(path, JSON.stringify(entries))
  return path
}

describe('what is shown to a registry', () => {
  it('is what the operator gave for that very URL, read anew each time', async () => {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'one\n')
    const accessTo = createRegistryAccess(registries([{ url: 'https://consul.test:8501/', tokenFile }]))
    expect(await accessTo('https://consul.test:8501')).toEqual({ token: 'one', ca: null })
    writeFileSync(tokenFile, 'two')
    expect(await accessTo('https://consul.test:8501/')).toEqual({ token: 'two', ca: null })
  })

  it.each([
    'http://consul.test:8501',
    'https://consul.test',
    'https://consul.test.evil.test:8501',
    'https://consul.test:8501/v1/kv',
    'https://consul.test:8501?x',
  ])('is nothing for %s', async (url) => {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'secret')
    const accessTo = createRegistryAccess(registries([{ url: 'https://consul.test:8501', tokenFile }]))
    expect(await accessTo(url)).toEqual({ token: null, ca: null })
  })

  it('a file that cannot be read stops the question, and teams are not told where it is', async () => {
    const tokenFile = join(folder, 'missing')
    const accessTo = createRegistryAccess(registries([{ url: 'https://consul.test', tokenFile }]))
    await expect(accessTo('https://consul.test')).rejects.toThrow(
      'The gateway cannot read its token for this registry: ask who runs it',
    )
    await expect(createRegistryAccess(registries([{ url: 1 }]))('https://consul.test')).rejects.toThrow(
      'The gateway cannot read its file REGISTRIES: ask who runs it',
    )
  })

  it('outside a cluster nothing is shown to its API server, and nothing fails', async () => {
    expect(await createRegistryAccess(null)('https://kubernetes.default.svc')).toEqual({
      token: null,
      ca: null,
    })
  })
})
