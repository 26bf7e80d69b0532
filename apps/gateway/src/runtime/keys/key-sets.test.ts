// Keys of identity providers: what is read of them, how often, and what hostile ones can do.
import { createServer, type RequestListener } from 'node:http'
import { BlockList, type Server } from 'node:net'
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import { listen } from '../../testing/gateway.fixture.ts'
import { createRegistryClient } from '../../upstream/discovery/registry-client.ts'
import { createBlockList } from '../../upstream/forbidden.ts'
import { createKeyReader } from './key-reader.ts'
import { createKeySets, keptMs, refreshMs, restedMs, unknownKeyPauseMs } from './key-sets.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    if ('closeAllConnections' in server) (server as ReturnType<typeof createServer>).closeAllConnections()
    server.close()
  }
})

async function makeKey(alg = 'ES256', kid = 'a', options: object = {}) {
  const pair = await generateKeyPair(alg, { extractable: true, ...options })
  const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid }
  return {
    jwk,
    privateJwk: { ...(await exportJWK(pair.privateKey)), kid },
    sign: (text = '{}', head: object = {}) =>
      new CompactSign(new TextEncoder().encode(text))
        .setProtectedHeader({ alg, kid, ...head })
        .sign(pair.privateKey),
  }
}

/** A provider that answers its JWKS with whatever `answer` does; by address, or by discovery with `discovered`. */
async function open(
  answer: RequestListener,
  {
    discovered = false,
    forbidden = new BlockList(),
    metadata = {},
    timeoutMs = 5_000,
  }: { discovered?: boolean; forbidden?: BlockList; metadata?: object; timeoutMs?: number } = {},
) {
  let now = 1_000_000
  let asked = 0
  let issuer = ''
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/.well-known/openid-configuration')) {
      response.end(JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks`, ...metadata }))
      return
    }
    asked++
    answer(request, response)
  })
  servers.push(server)
  issuer = `http://127.0.0.1:${await listen(server)}`
  const logged: object[] = []
  const log = { info: () => undefined, warn: (fields: object) => void logged.push(fields) }
  const noAccess = async () => ({ token: null, ca: null })
  const store = createKeySets({
    read: createKeyReader(createRegistryClient(forbidden), noAccess, timeoutMs),
    log,
    now: () => now,
  })
  const set = store.follow({ issuer, jwksUrl: discovered ? null : `${issuer}/jwks` })
  return {
    store,
    set,
    issuer,
    logged,
    asked: () => asked,
    pass: (ms: number) => {
      now += ms
    },
    now: () => now,
    stop: () => server.closeAllConnections(),
  }
}

const answering =
  (body: () => unknown): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify(body()))

const es256 = { alg: 'ES256', kid: 'a' }

describe('C2: keys', () => {
  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    'of %s verify what was signed with them, and nothing else',
    async (alg) => {
      const key = await makeKey(alg)
      const { set } = await open(answering(() => ({ keys: [key.jwk] })))
      const token = await key.sign()
      expect(await set.verify(token, { alg, kid: 'a' })).toBe('good')
      expect(await set.verify(await (await makeKey(alg)).sign(), { alg, kid: 'a' })).toBe('bad')
      expect(await set.verify(token.replace('.', '.e'), { alg, kid: 'a' })).toBe('bad')
    },
  )

  it('C4: are found by the discovery document of the issuer', async () => {
    const key = await makeKey()
    const { set } = await open(
      answering(() => ({ keys: [key.jwk] })),
      { discovered: true },
    )
    expect(await set.verify(await key.sign(), es256)).toBe('good')
  })

  it.each([
    ['is that of another issuer', { issuer: 'https://id.example.com' }],
    ['names no keys', { jwks_uri: undefined }],
    ['leads to a file', { jwks_uri: 'file:///etc/passwd' }],
    ['leads to a password', { jwks_uri: 'https://a:b@id.example.com/' }],
  ])('whose discovery document %s are not read', async (_, metadata) => {
    const key = await makeKey()
    const world = await open(
      answering(() => ({ keys: [key.jwk] })),
      { discovered: true, metadata },
    )
    expect(await world.set.verify(await key.sign(), es256)).toBe('unavailable')
    expect(world.asked()).toBe(0)
  })

  it('a token without a key id is tried with those that fit', async () => {
    const [one, other] = await Promise.all([makeKey(), makeKey('ES256', 'b')])
    const { set } = await open(answering(() => ({ keys: [one.jwk, other.jwk] })))
    expect(await set.verify(await other.sign('{}', { kid: undefined }), { alg: 'ES256', kid: null })).toBe(
      'good',
    )
  })
})

describe('C2: keys that verify nothing', () => {
  it.each<[string, (jwk: JWK, key: Awaited<ReturnType<typeof makeKey>>) => JWK]>([
    ['are for encryption', (jwk) => ({ ...jwk, use: 'enc' })],
    ['may not verify', (jwk) => ({ ...jwk, key_ops: ['sign'] })],
    ['are for another algorithm', (jwk) => ({ ...jwk, alg: 'ES384' })],
    ['are private', (_, key) => key.privateJwk],
    ['are on no curve', (jwk) => ({ ...jwk, y: jwk.x ?? '' })],
    ['are shared secrets', () => ({ kty: 'oct', k: 'c2VjcmV0', kid: 'a' })],
  ])('%s', async (_, change) => {
    const key = await makeKey()
    const { set } = await open(answering(() => ({ keys: [change(key.jwk, key)] })))
    expect(await set.verify(await key.sign(), es256)).not.toBe('good')
  })

  it('RSA below 2048 bits, and RSA with an exponent of 1', async () => {
    const short = await crypto.subtle.generateKey(
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      true,
      ['sign', 'verify'],
    )
    const weak = { ...(await crypto.subtle.exportKey('jwk', short.publicKey)), kid: 'a', alg: undefined }
    const long = await makeKey('RS256')
    for (const jwk of [weak, { ...long.jwk, e: 'AQ' }]) {
      const { set } = await open(answering(() => ({ keys: [jwk] })))
      expect(await set.verify(await long.sign(), { alg: 'RS256', kid: 'a' })).toBe('unavailable')
    }
  })

  it('key confusion: the public key does not work as a shared secret', async () => {
    const key = await makeKey('RS256')
    const { set } = await open(answering(() => ({ keys: [key.jwk] })))
    const secret = new TextEncoder().encode(JSON.stringify(key.jwk))
    const forged = await new CompactSign(new Uint8Array(2))
      .setProtectedHeader({ alg: 'HS256', kid: 'a' })
      .sign(secret)
    expect(await set.verify(forged, { alg: 'HS256', kid: 'a' })).toBe('unknown_key')
  })
})

describe('C2: hostile providers', () => {
  const never: RequestListener = () => undefined

  it.each<[string, RequestListener, object]>([
    ['redirects', (_, response) => response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(), {}],
    ['does not answer', never, { timeoutMs: 100 }],
    [
      'never ends',
      (_, response) => {
        const more = () => {
          while (response.writable && response.write(' '.repeat(65_536))) if (response.destroyed) return
        }
        response.on('drain', more)
        more()
      },
      {},
    ],
    [
      'drips',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
      { timeoutMs: 100 },
    ],
    ['answers a page', (_, response) => response.end('<html>'), {}],
    ['answers a list', answering(() => []), {}],
    ['answers no keys', answering(() => ({ keys: [] })), {}],
    [
      'answers too many keys',
      answering(() => ({ keys: Array.from({ length: 101 }, () => ({ kty: 'EC' })) })),
      {},
    ],
    ['fails', (_, response) => response.writeHead(500).end('{"keys":[]}'), {}],
    [
      'is where gateways may not call',
      answering(() => ({ keys: [] })),
      { forbidden: createBlockList(['127.0.0.0/8']) },
    ],
  ])('that %s: no token is good, and it is told once', async (_, answer, settings) => {
    const { set, logged } = await open(answer, settings)
    expect(await set.verify(await (await makeKey()).sign(), es256)).toBe('unavailable')
    expect(await set.verify(await (await makeKey()).sign(), es256)).toBe('unavailable')
    expect(logged).toHaveLength(1)
  })

  it('what is wrong is not asked again with each token', async () => {
    const { set, asked, pass } = await open((_, response) => response.writeHead(500).end())
    const token = await (await makeKey()).sign()
    for (let i = 0; i < 20; i++) await set.verify(token, es256)
    expect(asked()).toBe(1)
    pass(1_000)
    await set.verify(token, es256)
    expect(asked()).toBe(2)
  })

  it('its good keys stay while it is away, and while it lies', async () => {
    const key = await makeKey()
    let body: unknown = { keys: [key.jwk] }
    const { set, pass, asked, now } = await open(answering(() => body))
    expect(await set.verify(await key.sign(), es256)).toBe('good')
    body = { keys: 'none' }
    pass(refreshMs)
    const version = set.version(now())
    await expect.poll(asked).toBe(2)
    expect(await set.verify(await key.sign(), es256)).toBe('good')
    expect(set.version(now())).toBe(version)
  })
})

describe('C2: keys that were taken back', () => {
  it('are good no more when the provider has none left', async () => {
    const key = await makeKey()
    let keys = [key.jwk]
    const { set, pass, asked, now, logged } = await open(answering(() => ({ keys })))
    const token = await key.sign()
    expect(await set.verify(token, es256)).toBe('good')
    keys = []
    pass(refreshMs)
    const version = set.version(now())
    await expect.poll(asked).toBe(2)
    await expect.poll(() => set.version(now())).not.toBe(version)
    expect(await set.verify(token, es256)).toBe('unknown_key')
    expect(logged).toHaveLength(1)
  })

  it('are not believed by a worker that rested, not even for the first token', async () => {
    const [old, fresh] = await Promise.all([makeKey(), makeKey('ES256', 'b')])
    let keys = [old.jwk]
    const { set, pass, now } = await open(answering(() => ({ keys })))
    const token = await old.sign()
    expect(await set.verify(token, es256)).toBe('good')
    const version = set.version(now())
    keys = [fresh.jwk]
    pass(restedMs)
    expect(set.version(now())).not.toBe(version)
    expect(await set.verify(token, es256)).toBe('unknown_key')
  })

  it('a rest does not cost good keys while the provider is away, a day does', async () => {
    const key = await makeKey()
    let isUp = true
    const { set, pass, now } = await open((_, response) =>
      isUp ? response.end(JSON.stringify({ keys: [key.jwk] })) : response.writeHead(500).end(),
    )
    const token = await key.sign()
    expect(await set.verify(token, es256)).toBe('good')
    isUp = false
    pass(restedMs)
    set.version(now())
    expect(await set.verify(token, es256)).toBe('good')
    const version = set.version(now())
    expect(set.version(now())).toBe(version)
    pass(keptMs)
    set.version(now())
    expect(await set.verify(token, es256)).toBe('unavailable')
    isUp = true
    pass(60_000)
    expect(await set.verify(token, es256)).toBe('good')
  })
})

describe('C2: rotation', () => {
  it('all tokens with a new key wait for the one reading that the first of them began', async () => {
    const [old, fresh] = await Promise.all([makeKey(), makeKey('ES256', 'b')])
    let keys = [old.jwk]
    const { set, asked } = await open(answering(() => ({ keys })))
    await set.verify(await old.sign(), es256)
    keys = [fresh.jwk]
    const token = await fresh.sign()
    const all = Array.from({ length: 20 }, () => set.verify(token, { alg: 'ES256', kid: 'b' }))
    expect(new Set(await Promise.all(all))).toEqual(new Set(['good']))
    expect(asked()).toBe(2)
  })

  it('a new key is read for the first token that has it; the old one is good no more once it is gone', async () => {
    const [old, fresh] = await Promise.all([makeKey(), makeKey('ES256', 'b')])
    let keys = [old.jwk]
    const { set, asked, now } = await open(answering(() => ({ keys })))
    const token = await old.sign()
    expect(await set.verify(token, es256)).toBe('good')
    const version = set.version(now())
    keys = [fresh.jwk]
    expect(await set.verify(await fresh.sign(), { alg: 'ES256', kid: 'b' })).toBe('good')
    expect(asked()).toBe(2)
    expect(set.version(now())).not.toBe(version)
    expect(await set.verify(token, es256)).toBe('unknown_key')
  })

  it('a flood of unknown keys asks the provider once in a while', async () => {
    const key = await makeKey()
    const { set, asked, pass } = await open(answering(() => ({ keys: [key.jwk] })))
    const token = await key.sign()
    await set.verify(token, es256)
    const flood = () =>
      Promise.all(Array.from({ length: 200 }, (_, i) => set.verify(token, { alg: 'ES256', kid: `k${i}` })))
    expect(new Set(await flood())).toEqual(new Set(['unknown_key']))
    expect(asked()).toBe(2)
    pass(unknownKeyPauseMs)
    await flood()
    expect(asked()).toBe(3)
    expect(await set.verify(token, es256)).toBe('good')
  })

  it('keys that are old are read again while the old ones answer', async () => {
    const key = await makeKey()
    const { set, asked, pass, now } = await open(answering(() => ({ keys: [key.jwk] })))
    await set.verify(await key.sign(), es256)
    const version = set.version(now())
    pass(refreshMs)
    expect(set.version(now())).toBe(version)
    await expect.poll(asked).toBe(2)
  })

  it('many providers that do not answer are asked some at a time, and all of them in the end', async () => {
    let [open, most] = [0, 0]
    const releases: (() => void)[] = []
    const store = createKeySets({
      async read() {
        most = Math.max(most, ++open)
        await new Promise<void>((resolve) => releases.push(resolve))
        open--
        throw new Error('no answer')
      },
      log: { info: () => undefined, warn: () => undefined },
    })
    for (let i = 0; i < 100; i++) store.follow({ issuer: `https://id${i}.example`, jwksUrl: null })
    let released = 0
    await expect
      .poll(() => {
        for (const release of releases.splice(0)) {
          released++
          release()
        }
        return released
      })
      .toBe(100)
    expect(most).toBe(32)
  })

  it('policies of one provider share its keys', async () => {
    const key = await makeKey()
    const { store, set, issuer, asked } = await open(answering(() => ({ keys: [key.jwk] })))
    await store.settled()
    expect(store.follow({ issuer, jwksUrl: `${issuer}/jwks` })).toBe(set)
    expect(asked()).toBe(1)
  })
})
