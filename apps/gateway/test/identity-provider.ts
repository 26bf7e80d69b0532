// A real identity provider (oidc-provider) that hands out access tokens to clients; its keys can change, and it can go away.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import Provider from 'oidc-provider'

const algorithms = ['RS256', 'ES256', 'EdDSA'] as const
type Algorithm = (typeof algorithms)[number]

/** As whom a gateway asks about tokens. */
const asker = { id: 'the gateway', secret: 'a-secret:of&the gateway' }

const client = { id: 'reporting', secret: 'a-secret-of-the-client-reporting' }

/** `audience` of tokens that `token` asks for; the resource of each algorithm is told apart by its address. */
export const audience = 'https://books.example.com'
const opaqueResource = 'https://books.example.com/opaque'
const resourceOf = (alg: Algorithm) => `https://books.example.com/${alg}`

export async function startIdentityProvider() {
  let answer: RequestListener = (_, response) => response.writeHead(503).end()
  let jwksReads = 0
  let questions = 0
  const server = createServer((request, response) => {
    if (request.url === '/jwks') jwksReads++
    if (request.url === '/token/introspection') questions++
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  let keys: JWK[] = []

  async function changeKeys(): Promise<void> {
    keys = await Promise.all(
      algorithms.map(async (alg) => {
        const { privateKey } = await generateKeyPair(alg, { extractable: true })
        return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: crypto.randomUUID() }
      }),
    )
    answer = new Provider(issuer, {
      jwks: { keys: keys as never },
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
        },
        {
          client_id: asker.id,
          client_secret: asker.secret,
          grant_types: [],
          redirect_uris: [],
          response_types: [],
        },
      ],
      scopes: ['books:read', 'books:write'],
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        introspection: { enabled: true },
        revocation: { enabled: true },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, resource) => ({
            scope: 'books:read books:write',
            audience,
            accessTokenTTL: 600,
            ...(resource === opaqueResource
              ? { accessTokenFormat: 'opaque' as const }
              : {
                  accessTokenFormat: 'jwt' as const,
                  jwt: { sign: { alg: resource.slice(resource.lastIndexOf('/') + 1) as Algorithm } },
                }),
          }),
        },
      },
    }).callback()
  }
  await changeKeys()

  const asClient = (path: string, form: Record<string, string>) =>
    fetch(`${issuer}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` },
      body: new URLSearchParams(form),
    })

  async function tokenFor(resource: string, scope: string): Promise<string> {
    const response = await asClient('/token', { grant_type: 'client_credentials', resource, scope })
    const body = (await response.json()) as { access_token?: string }
    if (body.access_token === undefined) throw new Error(`no token: ${JSON.stringify(body)}`)
    return body.access_token
  }

  return {
    issuer,
    clientId: client.id,
    changeKeys,
    asker,
    get jwksReads() {
      return jwksReads
    },
    /** How often it was asked about a token. */
    get questions() {
      return questions
    },
    /** As an application asks for one: by the client's credentials (RFC 6749 4.4), for a resource (RFC 8707). */
    async token(alg: Algorithm = 'ES256', scope = 'books:read'): Promise<string> {
      return tokenFor(resourceOf(alg), scope)
    },
    /** One that says nothing to anybody but the provider. */
    opaqueToken: (scope = 'books:read') => tokenFor(opaqueResource, scope),
    /** RFC 7009. */
    async revoke(token: string): Promise<void> {
      const { status } = await asClient('/token/revocation', { token })
      if (status !== 200) throw new Error(`not revoked: ${status}`)
    },
    /** What the provider would never say, in its name. */
    async forge(claims: JWTPayload, alg: Algorithm = 'ES256'): Promise<string> {
      const jwk = keys.find((key) => key.alg === alg)
      if (jwk === undefined) throw new Error(`no key of ${alg}`)
      const now = Math.floor(Date.now() / 1_000)
      return new SignJWT({ iss: issuer, aud: audience, client_id: client.id, exp: now + 600, ...claims })
        .setProtectedHeader({ alg, kid: jwk.kid ?? '' })
        .sign(await importJWK(jwk, alg))
    },
    async stop(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
