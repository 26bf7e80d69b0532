// https-only: calls that came over http are sent to https, or refused; and callers are told to come by https ever after.
import * as z from 'zod'
import { definePolicy, defineSpec, type Reply, refuse, type Verdict } from './policy.ts'

const hostAndPort = z
  .string()
  .max(260)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/, 'Use a host name and an optional port')

export const spec = defineSpec({
  type: 'https-only',
  stage: 'edge',
  title: 'HTTPS only',
  summary: 'Lets nobody in over plain http: callers are sent to https, or refused.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      plain: z.enum(['redirect', 'refuse']).default('redirect').meta({
        title: 'Calls over http',
        help: 'redirect: 308 to the same address over https. refuse: 403, so that whoever sends keys over http hears of it',
      }),
      host: hostAndPort.nullable().default(null).meta({
        title: 'Host of https',
        help: 'With its port, where it is not 443. Empty: the host that was asked for',
      }),
      hstsSeconds: z.int().min(0).max(63_072_000).nullable().default(null).meta({
        title: 'Remember for',
        help: 'Seconds that browsers come by https alone (Strict-Transport-Security). Empty: nothing is said; 0: forget it',
        group: 'Strict transport security',
      }),
      hstsSubdomains: z.boolean().default(false).meta({
        title: 'Names below the host too',
        help: 'Also those that are none of ours',
        group: 'Strict transport security',
      }),
      hstsPreload: z.boolean().default(false).meta({
        title: 'For the list that browsers ship with',
        help: 'Hard to take back; asks for a year at least and for the names below',
        group: 'Strict transport security',
      }),
    })
    .refine(
      ({ hstsPreload, hstsSubdomains, hstsSeconds }) =>
        !hstsPreload || (hstsSubdomains && (hstsSeconds ?? 0) >= 31_536_000),
      {
        path: ['hstsPreload'],
        error: 'The list takes hosts that say a year (31536000) and their subdomains',
      },
    ),
  example: { plain: 'redirect', hstsSeconds: 31_536_000 },
})

const required = refuse('https_required', {
  detail:
    'Call this address over https. A key that was sent over http may have been read on the way: replace it.',
})

export const policy = definePolicy(spec, ({ plain, host, hstsSeconds, hstsSubdomains, hstsPreload }) => {
  // RFC 6797 6.1.
  const hsts =
    hstsSeconds === null
      ? null
      : `max-age=${hstsSeconds}${hstsSubdomains ? '; includeSubDomains' : ''}${hstsPreload ? '; preload' : ''}`
  return {
    request(ctx): Verdict {
      if (ctx.scheme === 'https') {
        if (hsts !== null) ctx.replyHeaders.set('strict-transport-security', hsts)
        return undefined
      }
      if (plain === 'refuse') return required
      const target = `https://${host ?? ctx.host}${ctx.path}`
      return redirectTo(ctx.query === '' ? target : `${target}?${ctx.query}`)
    },
  }
})

// The host may be the caller's own word: nobody else is to be given this answer (RFC 9111 5.2.2.5).
const redirectTo = (address: string): Reply => ({
  kind: 'reply',
  status: 308,
  headers: ['Location', address, 'Cache-Control', 'no-store'],
  body: '',
})
