// The credential cache: bounded, emptied by changes, and never fooled by an answer that was on its way.
import { hash } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { CredentialRecord, LookupResult } from '@gatewright/shared/policies/policy'
import { describe, expect, it } from 'vitest'
import { type CredentialSource, createCredentialCache, parseCredential } from './credentials.ts'

const record = (credentialId: string, state: CredentialRecord['state'] = 'active'): CredentialRecord => ({
  credentialId,
  tenantId: 'ten_1',
  applicationId: 'app_1',
  applicationName: 'app',
  state,
  expiresAt: null,
  tryIt: false,
  subscriptions: [
    { subscriptionId: 'sub_1', planId: 'pln_1', planName: 'free', state: 'active', versionIds: ['ver_1'] },
  ],
})
const found = (credentialId: string, state?: CredentialRecord['state']): LookupResult => ({
  kind: 'found',
  record: record(credentialId, state),
})

/** A source that answers when it is told to, and counts. */
function createSource() {
  const reads: string[] = []
  const waiting: ((result: LookupResult) => void)[] = []
  const source: CredentialSource = {
    read(sha256) {
      reads.push(sha256)
      return new Promise((resolve) => waiting.push(resolve))
    },
  }
  return { source, reads, answer: (result: LookupResult) => waiting.shift()?.(result) }
}

const instant = (result: LookupResult): CredentialSource => ({ read: async () => result })

describe('C1: the cache', () => {
  it('asks once for callers of the same moment, and then nobody', async () => {
    const { source, reads, answer } = createSource()
    const cache = createCredentialCache(source, 100)
    const both = Promise.all([cache.find('a'), cache.find('a')])
    answer(found('key_1'))
    expect(await both).toEqual([found('key_1'), found('key_1')])
    expect(cache.find('a')).toEqual(found('key_1'))
    expect(reads).toEqual(['a'])
  })

  it('remembers also that a key does not exist, until it does', async () => {
    const { source, reads, answer } = createSource()
    const cache = createCredentialCache(source, 100)
    const first = cache.find('a')
    answer({ kind: 'unknown' })
    await first
    expect(cache.find('a')).toEqual({ kind: 'unknown' })
    cache.drop(['a'])
    const second = cache.find('a')
    answer(found('key_1'))
    expect(await second).toEqual(found('key_1'))
    expect(reads).toHaveLength(2)
  })

  it('a change that overtakes its own answer wins: what was read before it is read again', async () => {
    const { source, reads, answer } = createSource()
    const cache = createCredentialCache(source, 100)
    const asked = cache.find('a')
    // Redis read the key, then it was revoked, then the news arrived before the answer did.
    cache.drop(['a'])
    answer(found('key_1', 'active'))
    await Promise.resolve()
    answer(found('key_1', 'revoked'))
    expect(await asked).toEqual(found('key_1', 'revoked'))
    expect(cache.find('a')).toEqual(found('key_1', 'revoked'))
    expect(reads).toHaveLength(2)
  })

  it('never remembers that it could not find out', async () => {
    const { source, reads, answer } = createSource()
    const cache = createCredentialCache(source, 100)
    for (let i = 0; i < 3; i++) {
      const asked = cache.find('a')
      answer({ kind: 'unavailable' })
      expect(await asked).toEqual({ kind: 'unavailable' })
    }
    expect(reads).toHaveLength(3)
  })

  it('stays within its bound, keeps what is used, and guessing does not push it out', async () => {
    const cache = createCredentialCache(instant(found('key')), 1_000)
    for (let i = 0; i < 950; i++) await cache.find(`k${i}`)
    for (let i = 950; i < 3_000; i++) {
      await cache.find(`k${i}`)
      cache.find('k0')
    }
    expect(cache.size).toBeLessThanOrEqual(1_000)
    expect(cache.find('k0')).not.toBeInstanceOf(Promise)
    expect(cache.find('k1')).toBeInstanceOf(Promise)

    const guarded = createCredentialCache(
      { read: async (sha256) => (sha256 === 'good' ? found('key') : { kind: 'unknown' }) },
      1_000,
    )
    await guarded.find('good')
    for (let i = 0; i < 5_000; i++) await guarded.find(`guess ${i}`)
    expect(guarded.find('good')).toEqual(found('key'))
  })

  it('100 000 keys cost little: the cache keeps a bounded part of them', async () => {
    const cache = createCredentialCache({ read: async (sha256) => found(sha256) }, 20_000)
    // Without it garbage counts as well, and how much of that there is, is chance.
    setFlagsFromString('--expose-gc')
    const collectGarbage: () => void = runInNewContext('gc')
    collectGarbage()
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 100_000; i++) await cache.find(hash('sha256', `key ${i}`, 'hex'))
    collectGarbage()
    expect(cache.size).toBeGreaterThan(19_900)
    expect(cache.size).toBeLessThanOrEqual(20_000)
    expect((process.memoryUsage().heapUsed - before) / 1e6).toBeLessThan(60)
  })
})

it('what stands in Redis is read as if a stranger had written it', () => {
  expect(parseCredential(JSON.stringify(record('key_1')))).toEqual(record('key_1'))
  for (const text of ['', '{}', 'null', JSON.stringify({ ...record('key_1'), admin: true })]) {
    expect(parseCredential(text)).toBeNull()
  }
})
