// basic: keys as user name and password, to the letter of RFC 7617, and nothing that only some servers read so.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createKey, keyHint } from '../key.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import { policy } from './basic.ts'
import type { CredentialRecord, LookupResult } from './policy.ts'

const at = { id: 'pol_1', name: 'basic', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const key = createKey('prod')
const user = keyHint(key).prefix
const record: CredentialRecord = {
  credentialId: 'key_1',
  tenantId: 'ten_1',
  applicationId: 'app_1',
  applicationName: 'app',
  state: 'active',
  expiresAt: null,
  tryIt: false,
  subscriptions: [
    { subscriptionId: 'sub_1', planId: 'pln_1', planName: 'free', state: 'active', versionIds: ['ver_1'] },
  ],
}

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')

async function send(
  authorization: string | undefined,
  found: LookupResult = { kind: 'found', record },
  input: Parameters<typeof createContext>[0] = {},
) {
  const looked: string[] = []
  const find = (sha256: string) => {
    looked.push(sha256)
    return found
  }
  const deps = { ...createDeps(), credentials: { known: () => undefined, find } }
  const phases = policy.create(policy.spec.config.parse({ realm: 'books' }), deps, at)
  const ctx = createContext({ ...input, header: authorization === undefined ? {} : { authorization } })
  const verdict = await phases.request?.(ctx)
  const refusal = verdict?.kind === 'refusal' ? verdict : null
  return { ctx, looked, refusal, code: refusal?.code ?? null, phases }
}

describe('C1: user name and password (RFC 7617)', () => {
  it('of a key say who calls; the upstream sees neither', async () => {
    const { code, ctx, looked } = await send(`Basic ${base64(`${user}:${key}`)}`)
    expect(code).toBeNull()
    expect(ctx.principal?.applicationId).toBe('app_1')
    expect(looked).toEqual([createHash('sha256').update(key).digest('hex')])
    expect((ctx.upstreamHeaders as unknown as { log: string[] }).log).toContain('remove authorization')
    expect((await send(`bAsIc ${base64(`${user}:${key}`)}`)).code).toBeNull()
  })

  const pair = base64(`${user}:${key}`)
  it.each<[string, string]>([
    ['sent twice', `Basic ${pair}, Basic ${pair}`],
    ['behind another credential', `Bearer x, Basic ${pair}`],
    ['behind a tab', `Basic\t${pair}`],
    ['behind two spaces', `Basic  ${pair}`],
    ['without anything', 'Basic'],
    ['without a pair', 'Basic '],
    ['without a colon', `Basic ${base64(key)}`],
    ['in base64url', `Basic ${base64(`${user}:${key}??>`).replaceAll('/', '_')}`],
    ['with a second spelling of the last bits', `Basic ${base64('a:b').replace('YTpi', 'YTpj')}x`],
    ['that is no UTF-8', `Basic ${base64(new Uint8Array([0xff, 0x3a, 0x61]))}`],
    ['with a line break', `Basic ${base64(`${user}:${key}\n`)}`],
    ['of another user', `Basic ${base64(`admin:${key}`)}`],
    ['without a user', `Basic ${base64(`:${key}`)}`],
    ['of another key', `Basic ${base64(`${keyHint(createKey('prod')).prefix}:${key}`)}`],
    ['with a password that is no key', `Basic ${base64('aladdin:open sesame')}`],
    ['with a mistyped key', `Basic ${base64(`${user}:${key.slice(0, -1)}`)}`],
    ['too long', `Basic ${base64(`${user}:${'x'.repeat(1_000)}`)}`],
  ])('%s are refused before anybody is asked', async (_, field) => {
    const { code, refusal, looked, ctx } = await send(field)
    expect(code).toBe('credential_invalid')
    expect(refusal?.headers).toEqual(['WWW-Authenticate', 'Basic realm="books", charset="UTF-8"'])
    expect(looked).toEqual([])
    expect(ctx.principal).toBeNull()
    expect(JSON.stringify(refusal)).not.toContain(key)
  })

  it('of another environment, revoked, unknown, or an OAuth client’s have their codes', async () => {
    const test = createKey('test')
    expect((await send(`Basic ${base64(`${keyHint(test).prefix}:${test}`)}`)).code).toBe(
      'credential_other_environment',
    )
    const of = async (found: LookupResult) => (await send(`Basic ${pair}`, found)).code
    expect(await of({ kind: 'unknown' })).toBe('credential_invalid')
    expect(await of({ kind: 'unavailable' })).toBe('credentials_unavailable')
    expect(await of({ kind: 'found', record: { ...record, state: 'revoked' } })).toBe('credential_revoked')
    expect(await of({ kind: 'found', record: { ...record, kind: 'oauth-client' } })).toBe(
      'credential_invalid',
    )
  })

  it('are left to other policies where none were sent, and asked of nobody on public routes', async () => {
    for (const field of [undefined, 'Bearer x', 'Basically x']) {
      const { code, ctx, phases } = await send(field)
      expect([code, ctx.principal, phases.sent?.(ctx)]).toEqual([null, null, false])
      expect(phases.absent?.code).toBe('credential_missing')
    }
    expect((await send('Basic x', undefined, { route: { public: true } })).code).toBeNull()
  })
})
