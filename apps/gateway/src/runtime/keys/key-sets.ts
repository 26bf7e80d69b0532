// Keys of identity providers as a worker has them: read ahead, read again in the background, kept while the provider is away.
import type { KeySet, KeySets, KeySource, SignatureVerdict } from '@gatewright/shared/policies/token-ports'
import type { KeyReader } from './key-reader.ts'
import { KeysRefused, type PublicKey } from './public-keys.ts'

export interface KeySetStore extends KeySets {
  /** Resolves when all keys were read once, could not be, or had the time for it: a configuration that goes live then knows them. */
  settled(): Promise<void>
}

interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

interface KeySetSettings {
  readonly read: KeyReader
  readonly log: Log
  /** Unix milliseconds. */
  readonly now?: () => number
}

/** How old keys become before they are read again, meanwhile. */
export const refreshMs = 300_000
/** A worker that did not use keys for this long reads them before it believes them: some may have been taken back. */
export const restedMs = 2 * refreshMs
/** How long keys are believed while their provider is away. */
export const keptMs = 24 * 3_600_000
/** How often at most a token with a key that nobody knows has them read: floods of such tokens must not reach the provider. */
export const unknownKeyPauseMs = 10_000
const retryMs = { first: 1_000, max: 30_000 }
const patienceMs = 1_000
/** A set without a `kid`, or with the same one twice, must not make each token cost a hundred verifications. */
const candidatesMax = 4
/** How many providers are asked at once: those of one tenant that never answer must not take all sockets. */
const readingsMax = 32
// Tenants name providers: those that nobody named for long make room.
const setsMax = 2_000

export function createKeySets({ read: readNow, log, now = Date.now }: KeySetSettings): KeySetStore {
  const read = atMost(readingsMax, readNow)
  const sets = new Map<string, FollowedKeySet>()

  return {
    follow(source) {
      const name = JSON.stringify([source.issuer, source.jwksUrl])
      const set = sets.get(name) ?? new FollowedKeySet(source, read, log, now)
      sets.delete(name)
      sets.set(name, set)
      if (sets.size > setsMax) sets.delete(sets.keys().next().value ?? '')
      set.version(now())
      return set
    },
    async settled() {
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs)
      })
      await Promise.race([Promise.all(Array.from(sets.values(), (set) => set.first)), patience])
      clearTimeout(timer)
    },
  }
}

/** The others wait for their turn. */
function atMost(max: number, read: KeyReader): KeyReader {
  const waiting: (() => void)[] = []
  let running = 0
  return async (source) => {
    if (running < max) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await read(source)
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}

class FollowedKeySet implements KeySet {
  readonly #source: KeySource
  readonly #read: KeyReader
  readonly #log: Log
  readonly #now: () => number
  /** null until they were read once. */
  #keys: readonly PublicKey[] | null = null
  #version = 0
  /** What the version was made for, to tell whether anything changed. */
  #print = ''
  /** When they were read last, and when that was tried last. */
  #readAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  /** They are to be read before a token is believed, and what was verified with them is to be verified again. */
  #isRested = false
  #dueAt = 0
  #unknownAskedAt = Number.NEGATIVE_INFINITY
  #failures = 0
  #reading: Promise<void> | null = null
  #first: Promise<void> | null = null

  constructor(source: KeySource, read: KeyReader, log: Log, now: () => number) {
    this.#source = source
    this.#read = read
    this.#log = log
    this.#now = now
  }

  /** The first reading; null when it is over. */
  get first(): Promise<void> | null {
    return this.#first
  }

  version(nowMs: number): number {
    if (nowMs < this.#dueAt) return this.#version
    if (!this.#isRested && this.#keys !== null && nowMs - this.#triedAt >= restedMs) {
      this.#isRested = true
      this.#version++
    }
    if (this.#reading === null) void this.#refresh()
    return this.#version
  }

  async verify(
    token: string,
    head: { readonly alg: string; readonly kid: string | null },
  ): Promise<SignatureVerdict> {
    const mustWait = this.#keys === null || this.#isRested
    if (mustWait && (this.#reading !== null || this.#now() >= this.#dueAt)) await this.#refresh()
    if (this.#keys === null) return 'unavailable'
    let candidates = this.#find(head)
    const mayAsk = this.#now() - this.#unknownAskedAt >= unknownKeyPauseMs
    // Of several tokens with a new key the first has it read, and all of them wait for it.
    if (candidates.length === 0 && (mayAsk || this.#reading !== null)) {
      if (this.#reading === null) this.#unknownAskedAt = this.#now()
      await this.#refresh()
      candidates = this.#find(head)
    }
    // The provider may well have a new key, which cannot be read: then it is not the token that is at fault.
    if (candidates.length === 0) return this.#failures > 0 ? 'unavailable' : 'unknown_key'
    for (const key of candidates) if (await key.verifies(token, head.alg)) return 'good'
    return 'bad'
  }

  #find({ alg, kid }: { readonly alg: string; readonly kid: string | null }): readonly PublicKey[] {
    return (this.#keys ?? [])
      .filter((key) => key.fits(alg) && (kid === null || key.kid === kid))
      .slice(0, candidatesMax)
  }

  /** Never throws. Whoever asks while it runs waits for the same answer. */
  #refresh(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = null
      this.#first = null
    })
    if (this.#keys === null) this.#first = this.#reading
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    const about = { issuer: this.#source.issuer, jwksUrl: this.#source.jwksUrl }
    try {
      const keys = await this.#read(this.#source)
      if (keys.length === 0) this.#takeNone(about)
      if (this.#failures > 0) this.#log.info(about, 'The keys of an identity provider can be read again')
      this.#failures = 0
      this.#dueAt = this.#now() + refreshMs
      this.#readAt = this.#now()
      const print = JSON.stringify(keys.map((key) => key.print))
      if (print === this.#print) return
      this.#print = print
      this.#keys = keys
      this.#version++
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (this.#failures === 0)
        this.#log.warn(
          { ...about, reason, kept: this.#keys?.length ?? 0 },
          'The keys of an identity provider cannot be read; those it had stay',
        )
      this.#dueAt = this.#now() + Math.min(retryMs.max, retryMs.first * 2 ** this.#failures)
      this.#failures++
      this.#forgetOld(about)
    } finally {
      this.#triedAt = this.#now()
      this.#isRested = false
    }
  }

  /** A provider that had keys and now has none took them back; one that never had any is not set up, and says nothing of tokens. */
  #takeNone(about: object): void {
    if (this.#keys === null) throw new KeysRefused('The JWKS has no key that verifies tokens')
    if (this.#keys.length > 0)
      this.#log.warn(about, 'An identity provider has no keys any more; its tokens are refused')
  }

  #forgetOld(about: object): void {
    if (this.#keys === null || this.#now() - this.#readAt < keptMs) return
    this.#keys = null
    this.#print = ''
    this.#version++
    this.#log.warn(
      about,
      'The keys of an identity provider could not be read for a day; they are believed no longer',
    )
  }
}
