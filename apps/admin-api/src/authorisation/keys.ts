// The keys of an authorisation server: made, and which of them signs now. All of it follows from their times, so no process has to tell another.
import { generateKeyPair, type JsonWebKey } from 'node:crypto'
import { promisify } from 'node:util'

/** What every client and gateway understands (RFC 9068 2.1), and nothing else is accepted anywhere. */
export const signingAlgorithm = 'RS256'

/** Gateways read keys again every five minutes: what they have not read yet signs nothing. */
export const publishedAheadSeconds = 600

/** The longest life of a token, and some minutes for clocks: how long a key is published after its last signature. */
export const keptSeconds = 86_400 + 600

export interface KeyTimes {
  readonly id: string
  readonly signsFrom: Date
  readonly endsAt: Date | null
}

/** Those that are published now: first the one that signs, if there is one, then all others. */
export function publishedKeys<Key extends KeyTimes>(keys: readonly Key[], now: Date): readonly Key[] {
  return keys
    .filter(({ endsAt }) => endsAt === null || endsAt > now)
    .sort((a, b) => rank(b, now) - rank(a, now) || (a.id < b.id ? -1 : 1))
}

/** The newest that may sign comes first, one that may not yet comes last. */
const rank = ({ signsFrom }: KeyTimes, now: Date) => (signsFrom <= now ? signsFrom.getTime() : 0)

export function stateOf(key: KeyTimes, all: readonly KeyTimes[], now: Date): 'next' | 'signing' | 'ending' {
  if (key.signsFrom > now) return 'next'
  return publishedKeys(all, now)[0]?.id === key.id ? 'signing' : 'ending'
}

/** A new private key as a JWK. */
export async function newPrivateKey(): Promise<JsonWebKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 })
  return privateKey.export({ format: 'jwk' })
}
