// Where a person starts: the face, tenant and environment that fit their role and what they looked at last.

import type { QueryClient } from '@tanstack/react-query'
import { redirect } from '@tanstack/react-router'
import { stageFor } from '../api/environments.ts'
import { Problem } from '../api/problem.ts'
import { allows, facesOf, type Me, type Permission } from '../api/session.ts'
import { i18n } from '../i18n/index.ts'

const lastTenantKey = 'gw-tenant'
const lastEnvironmentKey = 'gw-environment'

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

export function rememberPlace(tenant: string, environment?: string): void {
  try {
    localStorage.setItem(lastTenantKey, tenant)
    if (environment) localStorage.setItem(lastEnvironmentKey, environment)
  } catch {
    // Without storage the first membership and the first environment are the start.
  }
}

export function homeOf(me: Me | null): string {
  if (!me) return '/sign-in'
  const last = kept(lastTenantKey)
  const membership = me.memberships.find((candidate) => candidate.tenant.name === last) ?? me.memberships[0]
  if (membership) return homeOfTenant(me, membership.tenant.name)
  if (!me.user.platformAdmin) return '/welcome'
  return last ? `/admin/t/${last}` : '/tenants'
}

/** Whoever has work to do in admin, and does not only read there. */
const work: readonly Permission[] = [
  'tenant:write',
  'member:read',
  'api:write',
  'api:publish',
  'product:write',
  'subscription:decide',
  'block:read',
  'gateway:read',
  'explain:use',
  'audit:read',
]

/** Who looks at numbers lands on them, who only calls in the portal, everyone else in admin (B.6). The environment is added on arrival. */
export function homeOfTenant(me: Me, tenant: string): string {
  const faces = facesOf(me, tenant)
  const works = work.some((permission) => allows(me, tenant, permission))
  if (!works && faces.includes('insights')) return `/insights/t/${tenant}`
  return faces.includes('admin') ? `/admin/t/${tenant}` : `/p/${tenant}`
}

/** `/admin/t/acme` and links to a stage that is gone go on to one that exists. */
export async function sendToStage(
  queryClient: QueryClient,
  face: 'admin' | 'insights',
  tenant: string,
  environment?: string,
): Promise<void> {
  const stage = await stageFor(queryClient, environment ?? kept(lastEnvironmentKey))
  if (stage === undefined) {
    throw new Problem({
      status: 404,
      code: 'no_environment',
      title: i18n.t('problem.noEnvironment.title'),
      detail: i18n.t('problem.noEnvironment.detail'),
    })
  }
  if (stage !== environment) throw redirect({ href: `/${face}/t/${tenant}/${stage}`, replace: true })
}
