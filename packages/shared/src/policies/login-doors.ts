// The two paths that a login answers itself: where browsers come back from the provider, and where people sign out.
import { isNavigation, type PageParts, pageHeaders, pageOf, shownTo } from './login-pages.ts'
import { type LoginCookies, type LoginPlace, placeOf } from './login-place.ts'
import type { Login } from './login-ports.ts'
import type { LoginSettings } from './login-settings.ts'
import {
  type OwnPaths,
  type OwnPathsOf,
  type PolicyContext,
  type Refusal,
  type Reply,
  refuse,
  type Verdict,
} from './policy.ts'

export interface LoginDoors extends Pick<OwnPaths, 'answer'> {
  readonly needsHttps: Refusal
  redirectUri(ctx: PolicyContext, place: LoginPlace): string
  signOutLink(ctx: PolicyContext): NonNullable<PageParts['link']>
}

const needsHttps = refuse('https_required', {
  detail:
    'People sign in over https only. Where a proxy in front of the gateway ends TLS, let the gateway trust it, or name the origin in the policy.',
})
const unavailable = refuse('login_unavailable', { retryAfterMs: 2_000 })
const unfinished = refuse('login_unfinished', {
  detail: 'Try again, and let this site set cookies.',
})
const repeated = refuse('login_repeated', {
  detail: 'You came back to an address that works once. Go on to the page that you wanted.',
})
const denied = refuse('login_denied', {
  detail: 'The sign-in was cancelled, or the identity provider turned it down.',
})

/** Attachments that differ in who may come in, or in what the upstream gets, answer alike; those that differ in anything else do not. */
export function ownPathsOf({
  requiredClaims,
  claimHeaders,
  consumerHeaders,
  callers,
  whenSignedOut,
  clientSecret,
  ...alike
}: LoginSettings): OwnPathsOf {
  return {
    owner: JSON.stringify(alike),
    paths: [
      { path: alike.callbackPath, methods: ['GET'] },
      { path: alike.logoutPath, methods: ['GET', 'POST'] },
    ],
  }
}

export function createLoginDoors(
  { callbackPath, logoutPath, origin, afterLogout, sameSite }: LoginSettings,
  login: Login,
  cookies: LoginCookies,
): LoginDoors {
  const redirectUri = (ctx: PolicyContext, place: LoginPlace) =>
    `${place.origin}${ctx.route.basePath}${callbackPath}`
  const beginning = (ctx: PolicyContext) => ({ href: `${ctx.route.basePath}/`, text: 'Try again' })

  async function finish(ctx: PolicyContext, place: LoginPlace): Promise<Verdict> {
    const finished = await login.finish({
      query: ctx.query,
      redirectUri: redirectUri(ctx, place),
      browserKey: cookies.browserKeyIn(ctx),
    })
    switch (finished.kind) {
      case 'in':
        return goOn(`${place.origin}${finished.returnTo}`, cookies.setTicket(place, finished.ticket))
      case 'unfinished':
        return shownTo(ctx, unfinished, beginning(ctx))
      case 'repeated':
        return shownTo(ctx, repeated, { href: `${place.origin}${finished.returnTo}`, text: 'Go on' })
      case 'denied':
        return shownTo(ctx, denied, beginning(ctx))
      case 'failed': {
        const detail =
          finished.error === null
            ? 'Its answer cannot be trusted.'
            : `It answered with the error ${finished.error}.`
        return shownTo(ctx, refuse('login_failed', { detail }), beginning(ctx))
      }
      case 'unavailable':
        return shownTo(ctx, unavailable, beginning(ctx))
    }
  }

  /** Cookies that are for this site alone are not sent after a redirect that another one began: there a page goes on. */
  function goOn(location: string, fields: readonly string[]): Reply {
    const common = ['Cache-Control', 'no-store', ...fields]
    if (sameSite === 'lax')
      return { kind: 'reply', status: 302, headers: ['Location', location, ...common], body: '' }
    const link = { href: location, text: 'Go on' }
    const body = pageOf({ title: 'You are signed in', text: '', link, next: location })
    return { kind: 'reply', status: 200, headers: [...pageHeaders, ...common], body }
  }

  async function signOut(ctx: PolicyContext, place: LoginPlace): Promise<Verdict> {
    if (!isWanted(ctx, place)) return page(askPage(ctx))
    const ended = await login.end(cookies.ticketIn(ctx), returnAddress(place))
    if (ended.kind === 'unavailable') return shownTo(ctx, unavailable)
    const location = ended.location ?? returnAddress(place)
    if (location === null) return page(goodbye(ctx), cookies.dropTicket(place))
    return {
      kind: 'reply',
      status: 303,
      headers: [
        ...['Location', location, 'Cache-Control', 'no-store', 'Referrer-Policy', 'no-referrer'],
        ...cookies.dropTicket(place),
      ],
      body: '',
    }
  }

  const returnAddress = ({ origin }: LoginPlace) =>
    afterLogout?.startsWith('/') ? `${origin}${afterLogout}` : afterLogout
  const askPage = (ctx: PolicyContext) =>
    pageOf({
      title: 'Sign out?',
      text: 'Another site brought you here.',
      button: { action: `${ctx.route.basePath}${logoutPath}`, text: 'Sign out' },
    })
  const goodbye = (ctx: PolicyContext) =>
    pageOf({
      title: 'You are signed out',
      text: '',
      link: { href: `${ctx.route.basePath}/`, text: 'Sign in again' },
    })

  return {
    needsHttps,
    redirectUri,
    signOutLink: (ctx) => ({ href: `${ctx.route.basePath}${logoutPath}`, text: 'Sign out' }),
    answer(ctx, path) {
      const place = placeOf(ctx, origin)
      if (place === null) return shownTo(ctx, needsHttps)
      // It is only being explained: a code is good once, and nobody wants to be signed out by a question.
      if (ctx.cost === 0) return page('')
      return path === callbackPath ? finish(ctx, place) : signOut(ctx, place)
    },
  }
}

function page(body: string, fields: readonly string[] = []): Reply {
  return {
    kind: 'reply',
    status: 200,
    headers: [...pageHeaders, 'Cache-Control', 'no-store', ...fields],
    body,
  }
}

/** Nobody is signed out by what another site links to, or posts (CSRF); a picture or a script of this one is no wish, either. */
function isWanted(ctx: PolicyContext, { origin }: LoginPlace): boolean {
  const site = ctx.header('sec-fetch-site')
  if (ctx.method === 'POST') return site === 'same-origin' || ctx.header('origin') === origin
  return (site === 'same-origin' || site === 'none') && isNavigation(ctx)
}
