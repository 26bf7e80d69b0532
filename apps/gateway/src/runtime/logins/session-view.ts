// What later policies get to see of a session.
import { createHash } from 'node:crypto'
import type { SessionFound } from '@gatewright/shared/policies/login-ports'
import type { SessionRecord } from './sessions.ts'

/** The key of the person tells people apart and names none. */
export function sessionIn({ issuer, subject, claims, accessToken }: SessionRecord): SessionFound {
  const key = createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 32)
  return { kind: 'found', session: { person: { issuer, subject, key }, claims, accessToken } }
}
