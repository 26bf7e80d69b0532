// Secrets in Vault as the supervisor has them: read once for all workers, read again at an interval, and kept for so long while
// Vault is away.
import { readVaultReference } from '@gatewright/shared/policies/vault-reference'
import type { ToWorker } from '../../messages.ts'
import type { OutageLog } from '../outage.ts'
import { type VaultClient, VaultFailure } from './client.ts'

/** What is known of a secret: its text, or why there is none. */
export type SecretState =
  | { readonly text: string; readonly reason: null }
  | { readonly text: null; readonly reason: string }

type Reply = (message: ToWorker) => void

export interface VaultDesk {
  /** Answered by `secret`, now or as soon as it was read, and whenever it changes. `reply`: the same for the whole life of a worker. */
  follow(reference: string, reply: Reply): void
  end(reference: string, reply: Reply): void
  /** The worker has ended. */
  forget(reply: Reply): void
  /** Reads what is due and resolves when that is over; called every second. */
  look(): Promise<void>
  readonly counts: { readonly followed: number; readonly failing: number }
  close(): Promise<void>
}

interface DeskSettings {
  /** null: the operator named none. */
  readonly client: VaultClient | null
  readonly refreshMs: number
  readonly keepMs: number
  readonly log: OutageLog
  /** Unix milliseconds. */
  readonly now: () => number
}

const retryMs = { first: 1_000, max: 30_000 }
/** References that are read at a time: a thousand of them must not come to Vault at once. */
const readingsMax = 8

class FollowedSecret {
  readonly workers = new Set<Reply>()
  state: SecretState | null = null
  failures = 0
  readAtMs = Number.NEGATIVE_INFINITY
  dueAtMs = Number.NEGATIVE_INFINITY
  reading: Promise<void> | null = null
}

export function createVaultDesk({ client, refreshMs, keepMs, log, now }: DeskSettings): VaultDesk {
  const followed = new Map<string, FollowedSecret>()
  const waiting: (() => void)[] = []
  let running = 0
  let isClosed = false

  async function inTurn(action: () => Promise<void>): Promise<void> {
    if (running < readingsMax) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      await action()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }

  function tell(reference: string, secret: FollowedSecret, state: SecretState) {
    secret.state = state
    for (const reply of secret.workers) reply({ kind: 'secret', reference, state })
  }

  function refresh(reference: string, secret: FollowedSecret): Promise<void> {
    secret.reading ??= inTurn(() => readOnce(reference, secret)).finally(() => {
      secret.reading = null
    })
    return secret.reading
  }

  async function readOnce(reference: string, secret: FollowedSecret): Promise<void> {
    const { state } = secret
    try {
      const text = await read(reference)
      if (secret.failures > 0) log.info({ reference }, 'A secret can be read from Vault again')
      secret.failures = 0
      secret.readAtMs = now()
      secret.dueAtMs = now() + refreshMs
      if (state?.text === text) return
      if (typeof state?.text === 'string')
        log.info({ reference }, 'A secret has another value in Vault; it is used')
      tell(reference, secret, { text, reason: null })
    } catch (error) {
      const reason = error instanceof VaultFailure ? error.message : 'it cannot be read'
      const isKept = typeof state?.text === 'string' && now() - secret.readAtMs < keepMs
      if (secret.failures === 0 || isKept !== (typeof state?.text === 'string'))
        log.warn(
          { reference, reason },
          isKept
            ? 'A secret cannot be read from Vault; its last value is kept'
            : 'A secret cannot be read from Vault',
        )
      secret.dueAtMs = now() + Math.min(retryMs.max, retryMs.first * 2 ** secret.failures)
      secret.failures++
      // Told again also where it is known already: a configuration may wait for it.
      if (!isKept) tell(reference, secret, { text: null, reason })
    }
  }

  async function read(reference: string): Promise<string> {
    if (client === null)
      throw new VaultFailure(
        'this gateway has no Vault: set VAULT_ADDR and one of VAULT_TOKEN_FILE, VAULT_ROLE_ID and VAULT_KUBERNETES_ROLE',
      )
    const place = readVaultReference(reference)
    if (typeof place === 'string') throw new VaultFailure(place)
    return client.read(place)
  }

  return {
    follow(reference, reply) {
      const secret = followed.get(reference) ?? new FollowedSecret()
      followed.set(reference, secret)
      secret.workers.add(reply)
      const { state } = secret
      if (typeof state?.text === 'string') reply({ kind: 'secret', reference, state })
      else void refresh(reference, secret)
    },
    end(reference, reply) {
      const secret = followed.get(reference)
      if (secret?.workers.delete(reply) && secret.workers.size === 0) followed.delete(reference)
    },
    forget(reply) {
      for (const reference of [...followed.keys()]) this.end(reference, reply)
    },
    async look() {
      if (isClosed) return
      const due = [...followed].filter(([, { dueAtMs, reading }]) => reading === null && now() >= dueAtMs)
      await Promise.all([client?.keepToken(), ...due.map((it) => refresh(...it))])
    },
    get counts() {
      return {
        followed: followed.size,
        failing: [...followed.values()].filter(({ failures }) => failures > 0).length,
      }
    },
    async close() {
      isClosed = true
      followed.clear()
      await client?.close()
    },
  }
}
