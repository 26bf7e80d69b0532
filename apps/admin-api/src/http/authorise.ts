// What a caller may do: the operation's permission from the contract, the caller's role in `{tenant}`, and nothing else.

import type { OperationMeta } from '@gatewright/shared/contract/operation'
import { type Permission, permissionNames } from '@gatewright/shared/model/role'
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { CallTenant, CallToken, CallUser } from '../call.ts'
import type { Env } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { refuse } from '../refusal.ts'
import { heldRole, withRole } from '../tenancy/held-role.ts'
import { isFresh } from '../tenancy/role-freshness.ts'
import type { Caller } from './authenticate.ts'
import type { OperationEntry } from './operations.ts'

@Injectable()
export class Authorise {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The tenant that the operation runs in, or null when it names none; refuses callers without the permission. */
  async tenant(
    { meta, isRead }: Pick<OperationEntry, 'meta' | 'isRead'>,
    caller: Caller,
    reference: string | undefined,
  ): Promise<CallTenant | null> {
    const { permission } = meta
    if (permission !== 'anyone' && !caller.user) refuse('not_signed_in')
    if (caller.token) {
      if (meta.sessionOnly)
        refuse('permission_denied', 'Personal access tokens may not do this; sign in with a browser')
      refuseBeyondToken(caller.token, meta, isRead, reference)
    }
    if (permission === 'platform' && !caller.user?.platformAdmin) {
      refuse('permission_denied', 'Only platform admins may do this')
    }
    if (reference === undefined) return null
    const tenant = await this.#resolve(reference, caller.user)
    if (permission === 'anyone') return tenant
    // Who has no place in a tenant learns nothing of it, not even that it exists.
    if (tenant.permissions.size === 0) refuseUnknownTenant(reference)
    refuseWithout(permission, tenant)
    return tenant
  }

  /** Groups are seen at a sign-in alone: who has not been there for long may have lost theirs, and keeps no role by a token. */
  #refuseStale({
    title,
    identities,
  }: {
    title: string
    identities: readonly { lastSignInAt: Date }[]
  }): void {
    if (isFresh(identities, this.clock, this.env)) return
    refuse('role_stale', `Your role here comes from groups of ${title}; sign in with it again`)
  }

  async #resolve(reference: string, user: CallUser | null): Promise<CallTenant> {
    const tenant = await this.database.platform.tenant.findFirst({
      where: reference.startsWith('ten_') ? { id: reference } : { name: reference },
      include: {
        memberships: {
          where: { userId: user?.id ?? '' },
          include: {
            ...withRole,
            provider: { include: { identities: { where: { userId: user?.id ?? '' } } } },
          },
        },
      },
    })
    if (!tenant) return refuseUnknownTenant(reference)
    const [membership] = tenant.memberships
    if (membership?.provider && !user?.platformAdmin) this.#refuseStale(membership.provider)
    const held = membership && heldRole(membership)
    return {
      id: tenant.id,
      name: tenant.name,
      title: tenant.title,
      timeZone: tenant.timeZone,
      selfSignUp: tenant.selfSignUp,
      role: held?.name ?? null,
      groups: membership?.groups ?? [],
      permissions: new Set(user?.platformAdmin ? permissionNames : held?.permissions),
    }
  }
}

/** What a token may do is decided before its tenant is looked up, so it learns nothing of any other. */
function refuseBeyondToken(
  { scope, tenant }: CallToken,
  { tokens }: OperationMeta,
  isRead: boolean,
  reference: string | undefined,
): void {
  if (scope === 'read' && !isRead) refuse('permission_denied', 'This access token may only read')
  if (scope === 'blocklist' && tokens !== scope)
    refuse('permission_denied', 'This access token may only write the blocklist')
  if (tenant === null) return
  const isElsewhere = reference !== undefined && reference !== tenant.id && reference !== tenant.name
  // Outside tenants it may read what everyone who is signed in may, and change nothing.
  const changesNoTenant = reference === undefined && !isRead
  if (isElsewhere || changesNoTenant)
    refuse('permission_denied', `This access token is for the tenant ${tenant.name} only`)
}

function refuseUnknownTenant(reference: string): never {
  refuse('not_found', `There is no tenant "${reference}"`)
}

function refuseWithout(needed: OperationMeta['permission'], tenant: CallTenant): void {
  if (needed === 'anyone' || needed === 'signed-in' || needed === 'platform') return
  const enough: readonly Permission[] = typeof needed === 'string' ? [needed] : needed
  if (enough.some((permission) => tenant.permissions.has(permission))) return
  refuse('permission_denied', `Your role in ${tenant.name} lacks ${enough.join(' or ')}`)
}
