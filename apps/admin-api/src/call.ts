// Who calls an operation, for which tenant, and what the operation caused: made by the http layer, read by services.
import type { Permission } from '@gatewright/shared/model/role'
import type { TokenScope } from '@gatewright/shared/model/user'
import type { SignInMethod } from './generated/prisma/client.ts'
import type { PlatformDb, TenantDb } from './infra/database.ts'
import { refuse } from './refusal.ts'

export interface Actor {
  readonly kind: 'user' | 'token' | 'cli' | 'system'
  readonly id: string
  readonly name: string
}

export interface CallUser {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly platformAdmin: boolean
}

/** What a personal access token may do at most; its person's own rights narrow it further. */
export interface CallToken {
  readonly scope: TokenScope
  /** The only tenant it acts in; null = every tenant of its person. */
  readonly tenant: { readonly id: string; readonly name: string } | null
}

/** The tenant of a call and the caller's place in it; `role` is a name, and null for visitors of its portal. */
export interface CallTenant {
  readonly id: string
  readonly name: string
  readonly title: string
  readonly timeZone: string
  readonly selfSignUp: boolean
  readonly role: string | null
  readonly groups: readonly string[]
  readonly permissions: ReadonlySet<Permission>
}

/** Revisions that a write caused; `?wait=live` waits for them. */
export interface CausedRevision {
  readonly environmentId: string
  readonly environment: string
  readonly revision: number
  readonly accessRevision: number
}

export interface Call {
  readonly requestId: string
  readonly address: string
  readonly agent: string
  readonly actor: Actor
  readonly user: CallUser | null
  readonly sessionId: string | null
  /** How the session was opened, and when its person last proved who they are; null for tokens and visitors. */
  readonly method: SignInMethod | null
  readonly provedAt: Date | null
  /** null for browser sessions and visitors. */
  readonly token: CallToken | null
  readonly csrfToken: string | null
  readonly platform: PlatformDb
  /** From `If-Match`; `any` for `*`, null when the operation does not ask for it. */
  readonly expectedVersion: number | 'any' | null
  /** Filled by `publishing/change.ts`. */
  readonly caused: CausedRevision[]
  /** Set-Cookie lines for the answer. */
  readonly cookies: string[]
}

export interface TenantCall extends Call {
  readonly tenant: CallTenant
  readonly db: TenantDb
}

/** The signed-in user of a call; for operations that visitors may call too. */
export function signedIn(call: Call): CallUser {
  return call.user ?? refuse('not_signed_in')
}

export function may(call: TenantCall, permission: Permission): boolean {
  return call.tenant.permissions.has(permission)
}

/** Refuses a write that was made from an older state than the current one (RFC 9110 13.1.1). */
export function expectVersion(call: Call, current: { readonly version: number }): void {
  const expected = call.expectedVersion
  if (expected === null || expected === 'any' || expected === current.version) return
  refuse('version_stale', `You changed version ${expected}, but the current one is ${current.version}`, {
    extensions: { expected_version: expected, current_version: current.version },
  })
}

/** The revisions of the call's writes, as answers carry them. */
export function causedRevisions(call: Call) {
  return call.caused.map(({ environment, revision, accessRevision }) => ({
    environment,
    revision,
    accessRevision,
  }))
}
