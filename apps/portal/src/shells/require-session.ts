// Guards a face: signed out goes to sign-in and comes back; signed in without the role gets the 403 page.

import type { QueryClient } from '@tanstack/react-query'
import { redirect } from '@tanstack/react-router'
import { Problem } from '../api/problem.ts'
import { type Face, facesOf, type Me, sessionQuery } from '../api/session.ts'
import { i18n } from '../i18n/index.ts'

export async function requireSession(queryClient: QueryClient, href: string): Promise<Me> {
  const me = await queryClient.ensureQueryData(sessionQuery)
  if (!me) throw redirect({ href: `/sign-in?return=${encodeURIComponent(href)}`, replace: true })
  // Nothing else would be answered; the account says what is missing.
  if (me.needsSecondFactor && !/^\/(?:account|verify-email)\b/.test(href))
    throw redirect({ href: '/account', replace: true })
  return me
}

export async function requireFace(
  queryClient: QueryClient,
  href: string,
  tenant: string,
  face: Face,
): Promise<Me> {
  const me = await requireSession(queryClient, href)
  if (!facesOf(me, tenant).includes(face)) {
    throw new Problem({
      status: 403,
      code: 'permission_denied',
      title: i18n.t('problem.noFace.title'),
      detail: i18n.t('problem.noFace.detail'),
    })
  }
  return me
}

/** The pages of the platform itself; everyone else goes on to their own start. */
export async function requirePlatformAdmin(queryClient: QueryClient, href: string): Promise<void> {
  const me = await requireSession(queryClient, href)
  if (!me.user.platformAdmin) throw redirect({ href: '/', replace: true })
}
