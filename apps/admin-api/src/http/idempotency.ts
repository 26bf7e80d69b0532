// `Idempotency-Key`: a repeated request gets the first answer; what is kept can be read only by who knows the key.
import { createHash } from 'node:crypto'
import { canonicalJson } from '@gatewright/shared/canonical'
import { Injectable } from '@nestjs/common'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { seal, unseal } from '../infra/seal.ts'
import { refuse } from '../refusal.ts'

const purpose = 'gatewright idempotency'
const keepSeconds = 24 * 3600
/** A record without an answer that is older belongs to a process that died. */
const inFlightSeconds = 60

export interface Replayed<T> {
  readonly output: T
  readonly replayed: boolean
}

@Injectable()
export class Idempotency {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Runs `work` once per actor, operation and key. */
  async once<T>(
    actorId: string,
    operation: string,
    key: string,
    input: unknown,
    work: () => Promise<T>,
  ): Promise<Replayed<T>> {
    const id = sha256(`${actorId}\n${operation}\n${key}`)
    const requestHash = sha256(canonicalJson(input))
    const known = await this.#claim(id, requestHash)
    if (known) return { output: JSON.parse(unseal(known, key, purpose)) as T, replayed: true }
    try {
      const output = await work()
      await this.#records.update({
        where: { id },
        data: { response: seal(JSON.stringify(output), key, purpose) },
      })
      return { output, replayed: false }
    } catch (error) {
      // A refused request changed nothing, so the same key may try again.
      await this.#records.deleteMany({ where: { id, response: null } })
      throw error
    }
  }

  get #records() {
    return this.database.everything.idempotencyRecord
  }

  /** The sealed answer of an earlier request, or null when this one is the first. */
  async #claim(id: string, requestHash: string): Promise<Uint8Array | null> {
    const now = this.clock.now()
    await this.#records.deleteMany({
      where: {
        id,
        OR: [
          { expiresAt: { lte: now } },
          { response: null, createdAt: { lt: this.clock.in(-inFlightSeconds) } },
        ],
      },
    })
    const row = { id, requestHash, createdAt: now, expiresAt: this.clock.in(keepSeconds) }
    const { count } = await this.#records.createMany({ data: [row], skipDuplicates: true })
    if (count === 1) return null
    const earlier = await this.#records.findUnique({ where: { id } })
    if (!earlier) return refuse('idempotency_in_flight')
    if (earlier.requestHash !== requestHash) refuse('idempotency_mismatch')
    return earlier.response ?? refuse('idempotency_in_flight')
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
