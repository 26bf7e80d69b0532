// Vault as a gateway meets it, over a socket: who it comes as, how tokens live on, what is read, and what is told of what goes wrong.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readVaultReference } from '@gatewright/shared/policies/vault-reference'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { FromWorker, ToWorker } from '../../messages.ts'
import { startVault, type TestVault } from '../../testing/vault.fixture.ts'
import { createBlockList } from '../../upstream/forbidden.ts'
import { createOutbound } from '../outbound.ts'
import { createVaultClient } from './client.ts'
import { createVaultDesk, type SecretState } from './desk.ts'
import { createVaultLine } from './line.ts'
import { readVaultSettings, type VaultAuth, type VaultSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatewright-vault-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})
async function vault(options?: Parameters<typeof startVault>[0]) {
  const started = await startVault(options)
  closers.push(() => started.close())
  return started
}

const byToken = (token: string): VaultAuth => ({ method: 'token', tokenFile: file('token', `${token}\n`) })
let nowMs = 0

function clientOf(of: TestVault, auth: VaultAuth, more: Partial<VaultSettings> = {}) {
  const settings = {
    address: of.url,
    namespace: null,
    caFile: null,
    auth,
    refreshMs: 60_000,
    keepMs: 600_000,
    ...more,
  }
  const open = createOutbound(createBlockList([]), async () => ({ token: null, ca: null }))
  return createVaultClient({ settings, open, now: () => nowMs })
}

function place(name: string) {
  const reference = readVaultReference(name)
  if (typeof reference === 'string') throw new Error(reference)
  return reference
}
const books = place('kv/team/data/books/backend#token')
const pass = (of: TestVault, seconds: number) => {
  nowMs += seconds * 1_000
  of.pass(seconds * 1_000)
}

describe('C6: Vault is asked', () => {
  it('for the newest version or the one that is named, in its namespace, with names as they are', async () => {
    const it = await vault({ namespace: 'acme' })
    it.issue('hvs.root', 0)
    it.write('kv/team/data/books/backend', { token: 'one' })
    it.write('kv/team/data/books/backend', { token: 'two', n: 7, empty: '' })
    it.write('kv/data/a b/ü', { '#k?': 'odd' })
    const client = clientOf(it, byToken('hvs.root'), { namespace: 'acme' })
    expect(await client.read(books)).toBe('two')
    expect(await client.read({ ...books, version: 1 })).toBe('one')
    expect(await client.read(place('kv/data/a b/ü##k?'))).toBe('odd')
    expect(it.calls.map(({ path }) => path)).toEqual([
      '/v1/auth/token/lookup-self',
      '/v1/kv/team/data/books/backend',
      '/v1/kv/team/data/books/backend?version=1',
      '/v1/kv/data/a%20b/%C3%BC',
    ])
    await expect(client.read({ ...books, key: 'n' })).rejects.toThrow('is no text')
    await expect(client.read({ ...books, key: 'empty' })).rejects.toThrow('is no text')
    for (const key of ['other', 'toString', '__proto__'])
      await expect(client.read({ ...books, key })).rejects.toThrow('no such key')
    await expect(client.read({ ...books, version: 3 })).rejects.toThrow('does not have the secret')
    it.remove('kv/team/data/books/backend')
    await expect(client.read(books)).rejects.toThrow('does not have the secret, or it was deleted (404)')
  })

  it('once for all keys of a version that are read together', async () => {
    const it = await vault()
    it.issue('hvs.t', 0)
    it.write('kv/team/data/books/backend', { token: 'a', user: 'b' })
    const client = clientOf(it, byToken('hvs.t'))
    expect(await Promise.all([client.read(books), client.read({ ...books, key: 'user' })])).toEqual([
      'a',
      'b',
    ])
    expect(it.calls.filter(({ path }) => path.includes('/data/'))).toHaveLength(1)
  })

  it.each([
    ['AppRole', { approle: { roleId: 'r', secretId: 's' } }, 's'],
    ['AppRole without a SecretID', { approle: { roleId: 'r', secretId: null } }, null],
  ])(
    'as %s: signs in, renews before the end, signs in anew after it, and gives its token back',
    async (_, role, secret) => {
      const it = await vault({ ...role, loginSeconds: 90 })
      it.write('kv/team/data/books/backend', { token: 'a' })
      const secretIdFile = secret === null ? null : file('secret-id', secret)
      const client = clientOf(it, { method: 'approle', mount: 'approle', roleId: 'r', secretIdFile })
      const asked = () => it.calls.splice(0).map(({ path }) => path.replace('/v1/', ''))
      expect(await client.read(books)).toBe('a')
      expect(asked()).toEqual(['auth/approle/login', 'kv/team/data/books/backend'])
      pass(it, 59)
      await client.keepToken()
      expect(asked()).toEqual([])
      pass(it, 2)
      await client.keepToken()
      expect(asked()).toEqual(['auth/token/renew-self'])
      pass(it, 91)
      expect(await client.read(books)).toBe('a')
      expect(asked()).toEqual(['auth/approle/login', 'kv/team/data/books/backend'])
      for (const token of it.tokens.keys()) it.revoke(token)
      expect(await client.read(books)).toBe('a')
      expect(asked()).toEqual([
        'kv/team/data/books/backend',
        'auth/token/lookup-self',
        'auth/approle/login',
        'kv/team/data/books/backend',
      ])
      await client.close()
      expect([asked(), it.tokens.size]).toEqual([['auth/token/revoke-self'], 0])
    },
  )

  it('with the token that it has, however often it asks for what nobody gave it: sign-ins may be counted', async () => {
    const it = await vault({ approle: { roleId: 'r', secretId: 's' } })
    it.write('kv/team/data/books/backend', { token: 'a' })
    it.forbid('kv/team/data/books/other')
    const secretIdFile = file('secret-id', 's')
    const client = clientOf(it, { method: 'approle', mount: 'approle', roleId: 'r', secretIdFile })
    for (let i = 0; i < 3; i++)
      await expect(client.read(place('kv/team/data/books/other#token'))).rejects.toThrow(
        'does not allow the secret (403)',
      )
    expect(await client.read(books)).toBe('a')
    expect([...it.tokens.keys()]).toEqual(['hvs.login-1'])
  })

  it('as a service account of Kubernetes, with the token that the file holds now', async () => {
    const it = await vault({ kubernetes: { role: 'gateways', jwt: 'new.jwt' }, loginSeconds: 60 })
    it.write('kv/team/data/books/backend', { token: 'a' })
    const jwtFile = file('jwt', 'old.jwt')
    const client = clientOf(it, { method: 'kubernetes', mount: 'clusters/one', role: 'gateways', jwtFile })
    await expect(client.read(books)).rejects.toThrow('does not allow the sign-in (403)')
    file('jwt', 'new.jwt\n')
    const asked = it.calls.length
    await expect(client.read(books)).rejects.toThrow('does not allow the sign-in (403)')
    expect(it.calls).toHaveLength(asked)
    pass(it, 1)
    expect(await client.read(books)).toBe('a')
  })

  it('with a token of a file, renewed while it can be, and with the next one as soon as it lies there', async () => {
    const it = await vault()
    it.issue('hvs.one', 60)
    it.write('kv/team/data/books/backend', { token: 'a' })
    const client = clientOf(it, byToken('hvs.one'))
    expect(await client.read(books)).toBe('a')
    for (let i = 0; i < 5; i++) {
      pass(it, 45)
      await client.keepToken()
    }
    expect(await client.read(books)).toBe('a')
    it.revoke('hvs.one')
    await expect(client.read(books)).rejects.toThrow('does not allow the secret (403)')
    it.issue('hvs.two', 60)
    byToken('hvs.two')
    expect(await client.read(books)).toBe('a')
  })

  it('and follows no redirect, repeats no answer, and sends nothing of a broken token file', async () => {
    const it = await vault()
    it.issue('hvs.t', 0)
    it.write('kv/team/data/books/backend', { token: 'a' })
    const client = clientOf(it, byToken('hvs.t'))
    for (const [status, meaning] of [
      [307, 'answers with a redirect (307), which is not followed'],
      [503, 'is sealed or not ready (503)'],
      [500, 'answers its token with 500'],
    ] as const) {
      it.fail(status)
      const error = await client.read(books).then(
        () => null,
        (reason: Error) => reason,
      )
      expect(error?.message).toContain(meaning)
      expect(error?.message).not.toMatch(/nobody repeats|hvs/)
    }
    it.fail(null)
    const asked = it.calls.length
    file('token', 'hvs.t\r\nX-Vault-Namespace: other')
    await expect(client.read(books)).rejects.toThrow('the file VAULT_TOKEN_FILE holds no token')
    expect(it.calls).toHaveLength(asked)
    await it.close()
    closers.length = 0
    byToken('hvs.t')
    await expect(client.read(books)).rejects.toThrow('cannot be reached: ECONNREFUSED')
  })
})

describe('C6: secrets in Vault, from the supervisor to a policy', () => {
  async function follow(keepMs = 600_000) {
    const it = await vault()
    it.issue('hvs.t', 0)
    const logged: string[] = []
    const log = (fields: object, message: string) => void logged.push(JSON.stringify({ ...fields, message }))
    const logs = { info: log, warn: log }
    const client = clientOf(it, byToken('hvs.t'))
    const desk = createVaultDesk({ client, refreshMs: 60_000, keepMs, log: logs, now: () => nowMs })
    const heard: SecretState[] = []
    const reply = (message: ToWorker) => {
      if (message.kind !== 'secret') return
      heard.push(message.state)
      line.hear(message.reference, message.state)
    }
    const say = (message: FromWorker) => {
      if (message.kind === 'secret') desk.follow(message.reference, reply)
    }
    const line = createVaultLine(say, logs)
    const look = async (seconds: number) => {
      nowMs += seconds * 1_000
      await desk.look()
    }
    return { it, desk, line, heard, look, logged }
  }
  const name = 'kv/team/data/books/backend#token'
  const anything = () => null

  it('a new value is used by whoever holds the secret, and one that cannot be used is not', async () => {
    const { it, line, look, logged } = await follow()
    it.write('kv/team/data/books/backend', { token: 'uno' })
    const secret = line.open(name, (text) => (text.includes('\n') ? 'it has two lines' : null))
    expect(secret.text).toBe(null)
    await line.settled()
    expect(secret.text).toBe('uno')
    it.write('kv/team/data/books/backend', { token: 'due' })
    await look(59)
    expect(secret.text).toBe('uno')
    await look(2)
    expect(secret.text).toBe('due')
    it.write('kv/team/data/books/backend', { token: 'tre\nlines' })
    await look(61)
    expect(secret.text).toBe('due')
    expect(logged.join()).toContain('it has two lines')
    expect(logged.join()).not.toMatch(/uno|due|tre/)
    const next = line.open(name, (text) => (text.includes('\n') ? 'it has two lines' : null))
    await expect(line.settled()).rejects.toMatchObject({
      message: `The secret vault:${name} cannot be used: it has two lines`,
      isPassing: true,
    })
    expect(next.text).toBe(null)
  })

  it('the last value is good for as long as was said while Vault is away, and no longer', async () => {
    const { it, desk, line, look } = await follow(600_000)
    it.write('kv/team/data/books/backend', { token: 'one' })
    const secret = line.open(name, anything)
    await line.settled()
    it.fail(503)
    await look(61)
    expect([secret.text, desk.counts]).toEqual(['one', { followed: 1, failing: 1 }])
    // A configuration that names it meanwhile goes live with it.
    const second = line.open(name, anything)
    await line.settled()
    expect(second.text).toBe('one')
    await look(538)
    expect(secret.text).toBe('one')
    await look(31)
    expect([secret.text, second.text]).toEqual([null, null])
    it.fail(null)
    await look(31)
    expect([secret.text, desk.counts.failing]).toEqual(['one', 0])
  })

  it('a configuration that names what cannot be read is refused by its name, and may be tried again', async () => {
    const { it, line, heard } = await follow()
    it.write('kv/team/data/books/backend', { other: 'hidden' })
    line.open(name, anything)
    await expect(line.settled()).rejects.toMatchObject({
      message: `The secret vault:${name} cannot be used: there is no such key in the secret`,
      isPassing: true,
    })
    await line.settled()
    it.write('kv/team/data/books/backend', { token: 'now' })
    const secret = line.open(name, anything)
    await line.settled()
    expect([secret.text, heard.length]).toEqual(['now', 2])
  })

  it('without a Vault the refusal says which settings are missing', async () => {
    const desk = createVaultDesk({
      client: null,
      refreshMs: 1_000,
      keepMs: 0,
      log: { info: anything, warn: anything },
      now: () => 0,
    })
    const state = await new Promise<SecretState>((resolve) =>
      desk.follow(name, (message) => message.kind === 'secret' && resolve(message.state)),
    )
    expect(state.reason).toContain('set VAULT_ADDR and one of VAULT_TOKEN_FILE')
  })

  it('is followed until the last worker lets go of it', async () => {
    const { desk } = await follow()
    const [one, other] = [() => undefined, () => undefined]
    desk.follow(name, one)
    desk.follow(name, other)
    desk.end(name, one)
    expect(desk.counts.followed).toBe(1)
    desk.forget(other)
    expect(desk.counts.followed).toBe(0)
  })
})

describe('C6: settings of Vault', () => {
  const base = {
    VAULT_ADDR: 'https://vault.example:8200/',
    VAULT_KUBERNETES_TOKEN_FILE: '/jwt',
    VAULT_REFRESH_MS: 1_000,
    VAULT_KEEP_MS: 0,
  }

  it('an address alone is none; one way to sign in makes one', () => {
    expect(readVaultSettings(base)).toBe(null)
    expect(readVaultSettings({ ...base, VAULT_ROLE_ID: 'r' })).toMatchObject({
      address: 'https://vault.example:8200',
      auth: { method: 'approle', mount: 'approle', roleId: 'r', secretIdFile: null },
    })
    expect(
      readVaultSettings({ ...base, VAULT_KUBERNETES_ROLE: 'g', VAULT_AUTH_MOUNT: 'clusters/one' })?.auth,
    ).toEqual({ method: 'kubernetes', mount: 'clusters/one', role: 'g', jwtFile: '/jwt' })
    expect(
      readVaultSettings({ ...base, VAULT_ADDR: 'http://127.0.0.1:8200', VAULT_TOKEN_FILE: '/t' })?.auth,
    ).toEqual({ method: 'token', tokenFile: '/t' })
  })

  it.each([
    [{ VAULT_ROLE_ID: 'r', VAULT_TOKEN_FILE: '/t' }, 'set one of them'],
    [{ VAULT_ROLE_ID: 'r', VAULT_ADDR: undefined }, 'VAULT_ADDR'],
    [{ VAULT_ROLE_ID: 'r', VAULT_ADDR: 'http://vault:8200' }, 'use https'],
    [{ VAULT_ROLE_ID: 'r', VAULT_ADDR: 'http://127.0.0.1.evil.example' }, 'use https'],
    [{ VAULT_ROLE_ID: 'r', VAULT_ADDR: 'https://a:b@vault' }, 'nothing more'],
  ])('%o is refused: %s', (more, message) => {
    expect(() => readVaultSettings({ ...base, ...more } as typeof base)).toThrow(message)
  })
})
