// C2: the public vectors of attacks on signed tokens (Wycheproof), each against the key it was made for.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errors } from '@gatewright/shared/errors'
import { policy } from '@gatewright/shared/policies/jwt'
import { describe, expect, it } from 'vitest'
import { createContext, createDeps } from '../../../../../packages/shared/src/testing/policy.fixture.ts'
import { createKeySets } from './key-sets.ts'
import { readPublicKeys } from './public-keys.ts'

interface Group {
  readonly comment: string
  readonly public?: object
  readonly private?: object
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly jws: string
    readonly result: string
  }[]
}

const path = join(import.meta.dirname, '../../../../../../shared/suites/wycheproof-jws.json')
const groups: readonly Group[] = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).testGroups : []

const issuer = 'https://id.example.com'
const at = { id: 'pol_1', name: 'jwt', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const log = { info: () => undefined, warn: () => undefined }

function keySetsOf(group: Group) {
  return createKeySets({ read: async () => readPublicKeys({ keys: [group.public ?? group.private] }), log })
}

// The suite is not part of the repository: see docs/guides/oauth.md for where it is looked for.
describe.skipIf(groups.length === 0)('C2: Wycheproof', () => {
  it('has what is tested', () => {
    const all = groups.flatMap(({ tests }) => tests.map(({ result }) => result))
    expect(all.filter((result) => result === 'invalid')).toHaveLength(355)
  })

  it('what is valid is verified, but for shared secrets and keys that name another algorithm', async () => {
    const refused: string[] = []
    for (const group of groups.filter((it) => it.public !== undefined)) {
      const set = keySetsOf(group).follow({ issuer, jwksUrl: issuer })
      for (const { jws, result } of group.tests) {
        const head = headOf(jws)
        if (result === 'valid' && (head === null || (await set.verify(jws, head)) !== 'good'))
          refused.push(group.comment)
      }
    }
    expect(refused).toEqual(['rfc7520', 'rfc7520', 'rfc7520WithKeyOps', 'rfc7520WithKeyOps'])
  })

  for (const [i, group] of groups.entries()) {
    it(`group ${i}, ${group.comment}: what is invalid is refused with 401`, async () => {
      const keySets = keySetsOf(group)
      const config = policy.spec.config.parse({ issuers: [{ issuer, jwksUrl: issuer, audiences: ['a'] }] })
      const { request } = policy.create(config, { ...createDeps(), keySets }, at)
      const set = keySets.follow({ issuer, jwksUrl: issuer })
      const wrong: string[] = []
      for (const { tcId, comment, jws, result } of group.tests) {
        if (result !== 'invalid') continue
        const ctx = createContext({ header: { authorization: `Bearer ${jws}` } })
        const verdict = await request?.(ctx)
        if (verdict?.kind !== 'refusal' || errors[verdict.code].status !== 401 || ctx.principal !== null)
          wrong.push(`${tcId} ${comment}: let in`)
        // Their payload is no set of claims, so what the policy says of the form hides what is said of the signature.
        const head = headOf(jws)
        if (head !== null && (await set.verify(jws, head)) === 'good')
          wrong.push(`${tcId} ${comment}: verified`)
      }
      expect(wrong).toEqual([])
    })
  }
})

function headOf(jws: string): { alg: string; kid: string | null } | null {
  try {
    const { alg, kid } = JSON.parse(Buffer.from(jws.split('.')[0] ?? '', 'base64url').toString())
    return typeof alg === 'string' ? { alg, kid: typeof kid === 'string' ? kid : null } : null
  } catch {
    return null
  }
}
