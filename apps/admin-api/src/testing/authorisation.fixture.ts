// An admin API that listens, so that its authorisation servers can be asked as clients and browsers ask them.
import { randomBytes } from 'node:crypto'
import { freePort } from '../../../../scripts/stack/ports.ts'
import { type Caller, startTestApp } from './app.fixture.ts'
import { onceOnly } from './offer.fixture.ts'

export interface BuiltInClient {
  readonly id: string
  readonly clientId: string
  readonly secret: string | null
}

export interface TokenAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>> & {
    readonly access_token?: string
    readonly refresh_token?: string
    readonly id_token?: string
    readonly error?: string
  }
}

export async function startListening(overrides: Parameters<typeof startTestApp>[0] = {}) {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const app = await startTestApp({
    PUBLIC_URL: origin,
    SECURE_COOKIES: 'false',
    SECRETS_KEY: randomBytes(32).toString('base64'),
    ...overrides,
  })
  await app.nest.listen(port, '127.0.0.1')
  return { app, origin }
}

/** Switches the authorisation server of a tenant on. */
export async function enableServer(owner: Caller, tenant: string, settings: object = {}) {
  const at = `/tenants/${tenant}/authorisation-server`
  const { version } = await owner.must<{ version: number }>('GET', at)
  return owner.must<{ issuer: string; audience: string; version: number; keys: { id: string }[] }>(
    'PATCH',
    at,
    {
      body: { enabled: true, ...settings },
      version,
    },
  )
}

/** A client of the built-in server, of an application that is made for it when there is none of that title. */
export async function createClient(
  developer: Caller,
  tenant: string,
  application: string,
  wish: object = {},
): Promise<BuiltInClient> {
  return developer.must('POST', `/tenants/${tenant}/applications/${application}/oauth-clients/built-in`, {
    body: { environment: 'prod', ...wish },
    headers: onceOnly(),
  })
}

/** Sends a form to an endpoint of a server, as its client with a secret or as one without. */
export async function post(
  url: string,
  { clientId, secret }: Pick<BuiltInClient, 'clientId' | 'secret'>,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      ...(secret === null
        ? {}
        : { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}` }),
      ...headers,
    },
    body: new URLSearchParams({ ...form, ...(secret === null ? { client_id: clientId } : {}) }),
  })
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) }
}

/** What a JWT says, unproved. */
export function partsOf(token: string | undefined) {
  const [head = '', claims = ''] = (token ?? '').split('.')
  const read = (part: string) =>
    JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  return { head: read(head), claims: read(claims) }
}

export type Listening = Awaited<ReturnType<typeof startListening>>
