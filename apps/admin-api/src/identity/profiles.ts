// What a person sees of themselves, however they came in.
import type { Me } from '@gatewright/shared/contract/identity'
import { permissionNames } from '@gatewright/shared/model/role'
import { Injectable } from '@nestjs/common'
import type { CallToken } from '../call.ts'
import type { SignInMethod, User } from '../generated/prisma/client.ts'
import type { Relaxed } from '../http/serve.ts'
import { Database } from '../infra/database.ts'
import { heldRole, withRole } from '../tenancy/held-role.ts'
import { SignInRules } from './sign-in-rules/sign-in-rules.ts'

interface Stance {
  readonly csrfToken: string | null
  readonly token?: CallToken | null
  /** How the session was opened; null for tokens. */
  readonly method: SignInMethod | null
}

@Injectable()
export class Profiles {
  constructor(
    private readonly database: Database,
    private readonly rules: SignInRules,
  ) {}

  /** Whom a session or a token stands for; one tenant's token says nothing of the others. */
  async me(userId: string, { csrfToken, token = null, method }: Stance): Promise<Relaxed<Me>> {
    const only = token?.tenant ?? null
    const row = await this.database.platform.user.findUniqueOrThrow({
      where: { id: userId },
      include: {
        memberships: {
          ...(only ? { where: { tenantId: only.id } } : {}),
          include: { tenant: true, ...withRole },
          orderBy: { createdAt: 'asc' },
        },
      },
    })
    const user = { ...row, platformAdmin: row.platformAdmin && only === null }
    return {
      user: showUser(user),
      memberships: user.memberships.map(({ id, tenant, groups, ...place }) => ({
        id: id,
        tenant: { id: tenant.id, name: tenant.name, title: tenant.title },
        role: heldRole(place).name,
        groups,
        permissions: [...(user.platformAdmin ? permissionNames : heldRole(place).permissions)],
      })),
      csrfToken,
      needsSecondFactor: await this.rules.lacksFactor({ platformAdmin: row.platformAdmin }, method),
    }
  }
}

function showUser({ id, email, name, platformAdmin, emailVerifiedAt, passwordHash, createdAt }: User) {
  return {
    id,
    email,
    name,
    platformAdmin,
    emailVerified: emailVerifiedAt !== null,
    hasPassword: passwordHash !== null,
    createdAt: createdAt.toISOString(),
  }
}
