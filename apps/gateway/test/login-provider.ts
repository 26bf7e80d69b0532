// A real OpenID provider (oidc-provider) at which people sign in by opening a page, and browsers that go there and back.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type KoaContextWithOIDC } from 'oidc-provider'
import { call, type Reply } from './rig.ts'

export const client = { id: 'books-app', secret: 'a-secret:of&the books app' }

export async function startLoginProvider() {
  let answer: RequestListener = (_, response) => response.writeHead(503).end()
  let isAway = false
  const server = createServer((request, response) => {
    if (isAway) request.socket.destroy()
    else answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const grants: string[] = []
  const ended: string[] = []
  let accessSeconds = 3_600
  /** Who signs in at the next visit; null = they press "cancel". */
  let person: { readonly sub: string; readonly [claim: string]: unknown } | null = { sub: 'anna' }
  const people = new Map<string, object>()
  let revokeAll: (() => Promise<void>)[] = []

  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        // Of native clients on loopback any port will do (RFC 8252 7.3).
        application_type: 'native',
        redirect_uris: ['http://127.0.0.1/echo/.login/callback', 'http://127.0.0.1/other/.login/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    claims: { openid: ['sub', 'email', 'roles'] },
    conformIdTokenClaims: false,
    ttl: { AccessToken: () => accessSeconds },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_, { uid }) => `${issuer}/interaction/${uid}` },
    cookies: { keys: ['test'] },
    pkce: { required: () => true },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
    findAccount: (_, sub) => ({ accountId: sub, claims: async () => ({ ...people.get(sub), sub }) }),
    // Consent is given: what is tested is ours.
    async loadExistingGrant({ oidc }: KoaContextWithOIDC) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      })
      grant.addOIDCScope('openid')
      await grant.save()
      return grant
    },
  })
  provider.on('grant.success', ({ oidc }) => void grants.push(String(oidc.params?.grant_type)))
  provider.on('refresh_token.saved', (token) => {
    revokeAll.push(async () => token.destroy())
  })
  const serve = provider.callback()
  answer = (request, response) => {
    if (request.url?.startsWith('/session/end')) ended.push(request.url)
    if (!request.url?.startsWith('/interaction/')) return void serve(request, response)
    if (person !== null) people.set(person.sub, person)
    void provider.interactionFinished(
      request,
      response,
      person === null
        ? { error: 'access_denied' }
        : // Of native clients consent is asked for each time (RFC 8252 8.6).
          { login: { accountId: person.sub }, consent: {} },
    )
  }

  return {
    issuer,
    /** What tokens were given for, in turn: `authorization_code`, `refresh_token`. */
    grants,
    /** Addresses at which sessions were ended. */
    ended,
    set accessSeconds(seconds: number) {
      accessSeconds = seconds
    },
    set person(next: typeof person) {
      person = next
    },
    set isAway(away: boolean) {
      isAway = away
      if (away) server.closeAllConnections()
    },
    /** All refresh tokens that it gave out. */
    async revoke() {
      for (const one of revokeAll) await one()
      revokeAll = []
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const navigation = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}

/** Follows redirects, keeps cookies by host, and says of itself what browsers say. */
export function createBrowser() {
  const cookies = new Map<string, string>()

  function keep(reply: Reply): Reply {
    for (const line of [reply.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0\b/i.test(line)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return reply
  }

  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')

  /** One request as a page is opened; nothing is followed. */
  const step = async (url: string, headers: Record<string, string> = {}) =>
    keep(await call(url, { headers: { ...navigation, cookie: cookie(), ...headers } }))

  return {
    cookies,
    step,
    /** As a script of the page does. */
    send: async (url: string, options: { method?: string; headers?: Record<string, string> } = {}) =>
      keep(
        await call(url, {
          ...options,
          headers: {
            accept: '*/*',
            'sec-fetch-mode': 'cors',
            'sec-fetch-site': 'same-origin',
            cookie: cookie(),
            ...options.headers,
          },
        }),
      ),
    /** Opens a page, goes wherever it is sent, and answers where it came to rest. `stop`: an address that is not opened any more. */
    async open(from: string, stop: (url: URL) => boolean = () => false) {
      let url = new URL(from)
      const visited = [url.href]
      for (let hop = 0; hop < 15; hop++) {
        const reply = await step(url.href)
        const { location } = reply.headers
        if (typeof location !== 'string') return { reply, url, visited }
        url = new URL(location, url)
        visited.push(url.href)
        if (stop(url)) return { reply, url, visited }
      }
      throw new Error(`too many redirects: ${visited.join(' → ')}`)
    },
  }
}

export type TestBrowser = ReturnType<typeof createBrowser>
