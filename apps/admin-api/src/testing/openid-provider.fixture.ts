// A real OpenID provider (oidc-provider) at which whoever is named next signs in, and a browser that goes there and back.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration, type KoaContextWithOIDC } from 'oidc-provider'
import type { TestApp } from './app.fixture.ts'

/** What the provider says of a person; `sub` is who they are there. */
export type Person = Readonly<Record<string, unknown>> & { readonly sub: string }

export const clientSecret = 'a-client-secret-that-nobody-else-may-see'

export class TestProvider {
  /** Who signs in at the next visit; null = they press "cancel". */
  person: Person | null = null
  readonly #people = new Map<string, Person>()

  private constructor(
    readonly issuer: string,
    private readonly server: Server,
  ) {}

  /** `path` makes the issuer one with a path, as Cognito's is. `name` is that of its redirect address here. */
  static async start(name: string, { path = '' } = {}): Promise<TestProvider> {
    let answer: (request: IncomingMessage, response: ServerResponse) => void = () => undefined
    const server = createServer((request, response) => answer(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
    const made = new TestProvider(issuer, server)
    const provider = new Provider(issuer, made.#configuration(name))
    const serve = provider.callback()
    answer = (request, response) => {
      const url = request.url ?? '/'
      if (!url.startsWith(`${path}/interaction/`)) {
        // As a framework does that mounts it under a path.
        Object.assign(request, { originalUrl: url, url: url.slice(path.length) })
        void serve(request, response)
        return
      }
      Object.assign(request, { originalUrl: url })
      const { person } = made
      if (person) made.#people.set(person.sub, person)
      void provider.interactionFinished(
        request,
        response,
        person
          ? { login: { accountId: person.sub } }
          : { error: 'access_denied', error_description: 'Cancelled' },
      )
    }
    return made
  }

  #configuration(name: string): Configuration {
    return {
      clients: [
        {
          client_id: 'gatewright',
          client_secret: clientSecret,
          redirect_uris: [`http://localhost:8080/api/v1/sign-in/providers/${name}/callback`],
        },
      ],
      claims: {
        openid: ['sub', 'cognito:groups'],
        email: ['email', 'email_verified'],
        profile: ['name'],
        groups: ['groups', '_claim_names'],
      },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_, { uid }) => `${this.issuer}/interaction/${uid}` },
      cookies: { keys: ['test'] },
      pkce: { required: () => true },
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: async () => ({ ...this.#people.get(sub), sub }),
      }),
      // Consent is given: what is tested is ours.
      async loadExistingGrant({ oidc }: KoaContextWithOIDC) {
        const { provider, client, session } = oidc
        const grant = new provider.Grant({
          clientId: client?.clientId ?? '',
          accountId: session?.accountId ?? '',
        })
        grant.addOIDCScope('openid email profile groups')
        await grant.save()
        return grant
      },
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}

/** A browser that follows redirects between the portal and providers, with a cookie jar. */
export class Browser {
  readonly cookies = new Map<string, string>()

  constructor(private readonly app: TestApp) {}

  /** Goes to a path of the portal and on; answers the path of the portal where it came to rest. */
  async open(path: string): Promise<string> {
    let url = new URL(path, 'http://localhost:8080')
    for (let hop = 0; hop < 15; hop++) {
      const location = await this.step(url)
      if (location === null) return `${url.pathname}${url.search}`
      url = location
      if (url.origin === 'http://localhost:8080' && !url.pathname.startsWith('/api/'))
        return `${url.pathname}${url.search}${url.hash}`
    }
    throw new Error(`too many redirects, at last to ${url}`)
  }

  /** Goes as far as the way back from the provider, and answers the address it would go to next. */
  async until(path: string, isThere: (url: URL) => boolean): Promise<URL> {
    let url = new URL(path, 'http://localhost:8080')
    for (let hop = 0; hop < 15; hop++) {
      const location = await this.step(url)
      if (location === null) break
      url = location
      if (isThere(url)) return url
    }
    throw new Error(`never came there; stopped at ${url}`)
  }

  /** One request; answers where it leads. */
  async step(url: URL): Promise<URL | null> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const isOurs = url.origin === 'http://localhost:8080'
    const { status, headers } = isOurs
      ? await this.#ours(url, cookie)
      : await fetch(url, { redirect: 'manual', headers: { cookie } })
    for (const line of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0\b/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const location = headers.get('location')
    if (status >= 400) throw new Error(`${url} → ${status}`)
    return location === null ? null : new URL(location, url)
  }

  async #ours(url: URL, cookie: string) {
    const answer = await this.app.nest
      .getHttpAdapter()
      .getInstance()
      .inject({ method: 'GET', url: `${url.pathname}${url.search}`, headers: { cookie } })
    const headers = new Headers()
    for (const [name, value] of Object.entries(answer.headers))
      for (const one of [value ?? []].flat()) headers.append(name, String(one))
    return { status: answer.statusCode, headers }
  }

  /** `GET /me` with what this browser holds; null when nobody is signed in. */
  async me(): Promise<Me | null> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.app.visitor().send<Me>('GET', '/me', { headers: { cookie } })
    return answer.status === 200 ? answer.body : null
  }
}

interface Me {
  readonly user: { readonly id: string; readonly email: string; readonly name: string }
  readonly memberships: readonly {
    readonly id: string
    readonly tenant: { readonly name: string }
    readonly role: string
  }[]
}
