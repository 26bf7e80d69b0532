// What servers say of their tokens (RFC 7662), as a worker hears it: one question per token at a time, so many a second, no guess.
import type {
  Introspection,
  IntrospectionAnswer,
  IntrospectionSource,
  Introspector,
} from '@gatewright/shared/policies/token-ports'
import { dropOldest } from '../oldest.ts'
import { Outage, type OutageLog } from '../outage.ts'
import { type OpenOutbound, type Outbound, OutboundFailure } from '../outbound.ts'
import { createEndpointFinder, type FindEndpoint } from './introspection-endpoint.ts'

interface IntrospectionSettings {
  readonly open: OpenOutbound
  readonly log: OutageLog
  /** Unix milliseconds. */
  readonly now?: () => number
}

// Tenants name servers: those that nobody named for long make room.
const sourcesMax = 2_000
const answerBytesMax = 64 * 1024
/** Tokens that are not active; made-up ones push out each other alone. */
const inactiveMax = 2_000

export function createIntrospection({ open, log, now = Date.now }: IntrospectionSettings): Introspection {
  const all = new Map<string, IntrospectionLine>()

  return {
    follow(source) {
      const { client } = source
      const name = JSON.stringify({ ...source, client: { ...client, secret: client.secret.key } })
      const line = all.get(name) ?? new IntrospectionLine(source, open(), log, now)
      all.delete(name)
      all.set(name, line)
      if (all.size > sourcesMax) dropOldest(all)
      return line
    },
  }
}

const inactive: IntrospectionAnswer = { kind: 'inactive' }
const limited: IntrospectionAnswer = { kind: 'limited' }
const unavailable: IntrospectionAnswer = { kind: 'unavailable' }

const messages = {
  away: 'An authorization server cannot be asked about tokens; those that are not known are refused',
  back: 'An authorization server can be asked again',
}

class IntrospectionLine implements Introspector {
  readonly #source: IntrospectionSource
  readonly #outbound: Outbound
  readonly #endpoint: FindEndpoint
  readonly #outage: Outage
  readonly #now: () => number
  readonly #asking = new Map<string, Promise<IntrospectionAnswer>>()
  /** sha256 → until when the token is not asked about again. */
  readonly #inactive = new Map<string, number>()
  /** Questions that may be asked at this moment; it fills up again as time goes by. */
  #allowance: number
  #allowanceAt: number

  constructor(source: IntrospectionSource, outbound: Outbound, log: OutageLog, now: () => number) {
    this.#source = source
    this.#outbound = outbound
    this.#endpoint = createEndpointFinder(source, outbound)
    const { issuer, endpoint } = source
    this.#outage = new Outage(log, { issuer, endpoint }, messages)
    this.#now = now
    this.#allowance = source.callsPerSecondMax
    this.#allowanceAt = now()
  }

  introspect(token: string, sha256: string): Promise<IntrospectionAnswer> {
    const until = this.#inactive.get(sha256)
    if (until !== undefined) {
      if (this.#now() < until) return Promise.resolve(inactive)
      this.#inactive.delete(sha256)
    }
    const running = this.#asking.get(sha256)
    if (running !== undefined) return running
    if (!this.#mayAsk()) return Promise.resolve(limited)
    const asking = this.#ask(token, sha256).finally(() => this.#asking.delete(sha256))
    this.#asking.set(sha256, asking)
    return asking
  }

  #mayAsk(): boolean {
    const { callsPerSecondMax } = this.#source
    const now = this.#now()
    const grown = (Math.max(0, now - this.#allowanceAt) / 1_000) * callsPerSecondMax
    this.#allowance = Math.min(callsPerSecondMax, this.#allowance + grown)
    this.#allowanceAt = now
    if (this.#allowance < 1) return false
    this.#allowance--
    return true
  }

  async #ask(token: string, sha256: string): Promise<IntrospectionAnswer> {
    const { refusalMs } = this.#source
    try {
      const claims = await this.#read(token)
      this.#outage.worked()
      if (claims !== null) return { kind: 'active', claims }
      if (refusalMs > 0) {
        this.#inactive.set(sha256, this.#now() + refusalMs)
        if (this.#inactive.size > inactiveMax) dropOldest(this.#inactive)
      }
      return inactive
    } catch (error) {
      this.#outage.failed(error instanceof OutboundFailure ? error.message : String(error))
      return unavailable
    }
  }

  /** What it says of an active token; null = it is not active. Throws when it says neither. */
  async #read(token: string): Promise<Readonly<Record<string, unknown>> | null> {
    const { client, timeoutMs } = this.#source
    const secret = client.secret.text
    if (secret === null) throw new OutboundFailure('The client secret of the gateway cannot be read')
    const url = await this.#endpoint(this.#now())
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
    const headers: Record<string, string> = { 'Content-Type': 'application/x-www-form-urlencoded' }
    if (client.authentication === 'client_secret_post') {
      form.set('client_id', client.id)
      form.set('client_secret', secret)
    } else headers.Authorization = basicOf(client.id, secret)
    const { status, body } = await this.#outbound.call({
      url,
      method: 'POST',
      headers,
      body: form.toString(),
      timeoutMs,
      bytesMax: answerBytesMax,
    })
    // Redirects too: the token was meant for this address alone.
    if (status !== 200) throw new OutboundFailure(`${url.host} answered ${status}`)
    const answer = objectIn(body)
    if (typeof answer?.active !== 'boolean')
      throw new OutboundFailure(`${url.host} does not say whether a token is active`)
    return answer.active ? answer : null
  }
}

/** RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
function basicOf(id: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
