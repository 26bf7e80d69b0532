// Which requests for consent this very browser began: nobody can be sent a link to agree to what somebody else began.
import { plainAuthoriseCookie, secureAuthoriseCookie } from '@gatewright/shared/portal-cookies'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Env } from '../env.ts'
import { readCookie } from '../http/cookies.ts'

type CookieEnv = Pick<Env, 'SECURE_COOKIES'>

export const interactionCookie = (env: CookieEnv) =>
  env.SECURE_COOKIES ? secureAuthoriseCookie : plainAuthoriseCookie

/** As many tabs may be open at once. */
const remembered = 5
const seconds = 1800

const begun = (env: CookieEnv, header: string | undefined) =>
  (readCookie(header, interactionCookie(env)) ?? '').split('.').filter((uid) => /^[\w-]{20,64}$/.test(uid))

export function rememberInteraction(env: CookieEnv, ctx: KoaContextWithOIDC, uid: string): void {
  const uids = [...begun(env, ctx.req.headers.cookie), uid].slice(-remembered)
  const secure = env.SECURE_COOKIES ? '; Secure' : ''
  ctx.append(
    'set-cookie',
    `${interactionCookie(env)}=${uids.join('.')}; Path=/; HttpOnly; SameSite=Lax${secure}; Max-Age=${seconds}`,
  )
}

export const hasBegun = (env: CookieEnv, header: string | undefined, uid: string) =>
  begun(env, header).includes(uid)
