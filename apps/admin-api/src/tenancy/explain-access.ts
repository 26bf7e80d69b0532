// May somebody do something, and why: the facts that http/authorise.ts and the services decide by, told one by one (J7).
import type { AccessAnswer } from '@gatewright/shared/contract/tenancy'
import { beyond, type Permission } from '@gatewright/shared/model/role'
import type { Relaxed } from '../http/serve.ts'
import type { HeldRole } from './held-role.ts'

export interface Facts {
  readonly person: { readonly id: string; readonly platformAdmin: boolean }
  readonly role: HeldRole
  /** The provider whose groups gave the role, and whether its person came in with it lately enough; null = a person gave it. */
  readonly provider: { readonly title: string; readonly isFresh: boolean } | null
  /** The application that it is about, if any. */
  readonly application: {
    readonly name: string
    readonly owner: { readonly id: string; readonly name: string }
  } | null
  /** Every role that there is in the tenant. */
  readonly roles: readonly HeldRole[]
  /** Who can change members; each gives what they hold themselves. */
  readonly givers: readonly {
    readonly name: string
    readonly email: string
    readonly permissions: readonly Permission[]
  }[]
}

/** What is for one's own applications alone, and what lets somebody do it with everybody's. */
const wider: Partial<Record<Permission, Permission>> = {
  'application:own': 'tenant:write',
  'analytics:own': 'analytics:read',
}

export function explainAccess(permission: Permission, facts: Facts): Relaxed<AccessAnswer> {
  const { person, role, provider, application } = facts
  const allows = (permission: Permission) => role.permissions.includes(permission)
  const reasons: AccessAnswer['reasons'] = []
  const answer = (
    isAllowed: boolean,
    wanted: readonly Permission[] | null = null,
  ): Relaxed<AccessAnswer> => ({
    isAllowed,
    scope: permission in wider ? 'own-applications' : 'tenant',
    reasons,
    missing: isAllowed ? null : missing(facts, wanted),
  })
  if (person.platformAdmin) {
    reasons.push({ kind: 'platform_admin', holds: true })
    return answer(true)
  }
  const isGranted = allows(permission)
  reasons.push({ kind: 'role', holds: isGranted, role: role.name, givenBy: provider?.title ?? null })
  // A role that is there and does not count is mended by a sign-in, not by another role.
  if (provider) reasons.push({ kind: 'groups_seen', holds: provider.isFresh, provider: provider.title })
  const everybodys = wider[permission]
  const isOwner = application?.owner.id === person.id
  if (application && everybodys) {
    reasons.push({
      kind: 'ownership',
      holds: isOwner,
      application: application.name,
      owner: application.owner.name,
    })
    if (!isOwner) reasons.push({ kind: 'wider', holds: allows(everybodys), permission: everybodys })
  }
  const isTheirs = !application || !everybodys || isOwner || allows(everybodys)
  if (isGranted && isTheirs) return answer(provider?.isFresh ?? true)
  const wanted = isTheirs || !everybodys ? [permission] : [permission, everybodys]
  return answer(false, wanted)
}

const giversMax = 10

/** Roles that would do, and who can give one of them. */
function missing({ role, roles, givers }: Facts, wanted: readonly Permission[] | null) {
  if (wanted === null) return { roles: [], givers: [] }
  const enough = roles.filter(({ permissions }) => beyond(wanted, new Set(permissions)).length === 0)
  const able = givers.filter(({ permissions }) => {
    const held = new Set(permissions)
    const gives = (one: HeldRole) => beyond(one.permissions, held).length === 0
    return gives(role) && enough.some(gives)
  })
  return {
    roles: enough.map(({ name }) => name),
    givers: able.slice(0, giversMax).map(({ name, email }) => ({ name, email })),
  }
}
