// May somebody do something, and why: the facts that http/authorise.ts and the services decide by, told one by one (J7).
import type { AccessAnswer } from '@gatewright/shared/contract/tenancy'
import { type Permission, type Role, roleAllows, rolePermissions } from '@gatewright/shared/model/role'
import type { Relaxed } from '../http/serve.ts'

export interface Facts {
  readonly person: { readonly id: string; readonly platformAdmin: boolean }
  readonly role: Role
  /** The provider whose groups gave the role, and whether its person came in with it lately enough; null = a person gave it. */
  readonly provider: { readonly title: string; readonly isFresh: boolean } | null
  /** The application that it is about, if any. */
  readonly application: {
    readonly name: string
    readonly owner: { readonly id: string; readonly name: string }
  } | null
  /** Who can change members. */
  readonly givers: readonly { readonly name: string; readonly email: string }[]
}

/** What is for one's own applications alone, and what lets somebody do it with everybody's. */
const wider: Partial<Record<Permission, Permission>> = {
  'application:own': 'tenant:write',
  'analytics:own': 'analytics:read',
}

export function explainAccess(permission: Permission, facts: Facts): Relaxed<AccessAnswer> {
  const { person, role, provider, application, givers } = facts
  const reasons: AccessAnswer['reasons'] = []
  const answer = (isAllowed: boolean, roles: readonly Role[] = []): Relaxed<AccessAnswer> => ({
    isAllowed,
    scope: permission in wider ? 'own-applications' : 'tenant',
    reasons,
    missing: isAllowed ? null : { roles: [...roles], givers: [...givers] },
  })
  if (person.platformAdmin) {
    reasons.push({ kind: 'platform_admin', holds: true })
    return answer(true)
  }
  const isGranted = roleAllows(role, permission)
  reasons.push({ kind: 'role', holds: isGranted, role, givenBy: provider?.title ?? null })
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
    if (!isOwner) reasons.push({ kind: 'wider', holds: roleAllows(role, everybodys), permission: everybodys })
  }
  const isTheirs = !application || !everybodys || isOwner || roleAllows(role, everybodys)
  if (isGranted && isTheirs) return answer(provider?.isFresh ?? true)
  const wanted = isTheirs || !everybodys ? [permission] : [permission, everybodys]
  return answer(
    false,
    allRoles.filter((one) => wanted.every((name) => roleAllows(one, name))),
  )
}

const allRoles = Object.keys(rolePermissions) as Role[]
