// All logins of a worker: those who name the same provider, client and team share one.
import { createHash } from 'node:crypto'
import type { Login, LoginSource, Logins } from '@gatewright/shared/policies/login-ports'
import type { KeySets } from '@gatewright/shared/policies/token-ports'
import type { Redis } from 'ioredis'
import { dropOldest } from '../oldest.ts'
import { Outage, type OutageLog } from '../outage.ts'
import type { OpenOutbound } from '../outbound.ts'
import { createLogin } from './login.ts'
import { createProvider } from './provider.ts'
import { createSessionStore } from './sessions.ts'

interface LoginSettings {
  /** null: a standalone gateway, which nobody shares sessions with. */
  readonly redis: Redis | null
  readonly environment: string
  readonly open: OpenOutbound
  readonly keySets: KeySets
  readonly log: OutageLog
  /** Unix milliseconds. */
  readonly now?: () => number
}

// Tenants name providers: those that nobody named for long make room.
const loginsMax = 2_000

const messages = {
  away: 'An identity provider cannot be asked; nobody can sign in there',
  back: 'An identity provider can be asked again',
}

export function createLogins({
  redis,
  environment,
  open,
  keySets,
  log,
  now = Date.now,
}: LoginSettings): Logins {
  const all = new Map<string, Login>()

  function create(source: LoginSource): Login {
    if (redis === null)
      throw new Error('sessions of people are kept in Redis, which a standalone gateway does not have')
    const realm = realmOf(source, environment)
    const { tenantId, issuer, idleMs } = source
    const keys = keySets.follow({ issuer, jwksUrl: null })
    return createLogin({
      source,
      realm,
      provider: createProvider(source, open(), keys, now),
      sessions: createSessionStore({ redis, tenantId, environment, realm, idleMs }),
      outage: new Outage(log, { issuer }, messages),
      log,
      now,
    })
  }

  return {
    open(source) {
      const { client } = source
      const secret = client.secret?.key ?? null
      const name = JSON.stringify({ ...source, client: { ...client, secret } })
      const login = all.get(name) ?? create(source)
      all.delete(name)
      all.set(name, login)
      if (all.size > loginsMax) dropOldest(all)
      return login
    },
  }
}

/** Sessions of one realm are good wherever it is named, and nowhere else. */
function realmOf(
  { tenantId, issuer, client, cookieSuffix, needsAccessToken }: LoginSource,
  environment: string,
): string {
  return createHash('sha256')
    .update(JSON.stringify([environment, tenantId, issuer, client.id, cookieSuffix, needsAccessToken]))
    .digest('hex')
}
