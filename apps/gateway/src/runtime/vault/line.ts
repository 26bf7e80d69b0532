// Secrets in Vault as workers have them: the supervisor reads them, once for all of them, and says what became of each. They are
// followed as long as a policy holds them.
import type { Secret } from '@gatewright/shared/policies/secret-ports'
import { SnapshotRefused } from '../../config/parts.ts'
import type { FromWorker } from '../../messages.ts'
import type { SecretState } from './desk.ts'

type FaultOf = (text: string) => string | null

export interface VaultLine {
  open(reference: string, faultOf: FaultOf): Secret
  /** The supervisor says what is known of it. */
  hear(reference: string, state: SecretState): void
  /** Resolves when all that was opened since the last time can be used; throws `SnapshotRefused` when something of it cannot. */
  settled(): Promise<void>
}

interface Log {
  warn(fields: object, message: string): void
}

/** More than a sign-in and a reading take that get their answers. */
const patienceMs = 8_000

class Followed {
  text: string | null = null
  reason = 'Vault did not answer in time'
  /** Counts what was heard. */
  version = 0
  holders = 0
  /** Settles with the next thing that is heard; null: nobody waits for that. */
  news: PromiseWithResolvers<void> | null = null
}

class VaultSecret implements Secret {
  readonly key: string
  /** Why its newest value cannot be used. */
  fault: string | null = null
  readonly #followed: Followed
  readonly #faultOf: FaultOf
  readonly #log: Log
  #text: string | null = null
  #version = 0

  constructor(reference: string, followed: Followed, faultOf: FaultOf, log: Log) {
    this.key = `vault:${reference}`
    this.#followed = followed
    this.#faultOf = faultOf
    this.#log = log
  }

  get text(): string | null {
    if (this.#version !== this.#followed.version) this.#take()
    return this.#text
  }

  #take() {
    const { text, version } = this.#followed
    this.#version = version
    this.fault = text === null ? null : this.#faultOf(text)
    if (this.fault === null) this.#text = text
    else
      this.#log.warn(
        { secret: this.key, fault: this.fault },
        'A new value of a secret cannot be used; the one before stays',
      )
  }
}

export function createVaultLine(say: (message: FromWorker) => void, log: Log): VaultLine {
  const all = new Map<string, Followed>()
  let opened: VaultSecret[] = []
  // A policy that no generation has any more is collected with all that it holds; nothing else tells that it is gone.
  const gone = new FinalizationRegistry<readonly [string, Followed]>(([reference, followed]) => {
    followed.holders--
    if (followed.holders > 0 || all.get(reference) !== followed) return
    all.delete(reference)
    say({ kind: 'secret-end', reference })
  })

  return {
    open(reference, faultOf) {
      const followed = all.get(reference) ?? new Followed()
      all.set(reference, followed)
      followed.holders++
      if (followed.text === null && followed.news === null) {
        followed.news = Promise.withResolvers()
        say({ kind: 'secret', reference })
      }
      const secret = new VaultSecret(reference, followed, faultOf, log)
      gone.register(secret, [reference, followed])
      opened.push(secret)
      return secret
    },
    hear(reference, { text, reason }) {
      const followed = all.get(reference)
      if (!followed) return
      followed.text = text
      if (reason !== null) followed.reason = reason
      followed.version++
      followed.news?.resolve()
      followed.news = null
    },
    async settled() {
      const secrets = opened
      opened = []
      if (secrets.length === 0) return
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs)
      })
      await Promise.race([Promise.all(Array.from(all.values(), ({ news }) => news?.promise)), patience])
      clearTimeout(timer)
      for (const secret of secrets) {
        if (secret.text !== null && secret.fault === null) continue
        const reason = secret.fault ?? all.get(secret.key.slice('vault:'.length))?.reason
        throw new SnapshotRefused(`The secret ${secret.key} cannot be used: ${reason}`, { isPassing: true })
      }
    },
  }
}
