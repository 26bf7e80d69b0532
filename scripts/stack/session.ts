// A person at the admin API, for scripts and tests: signs in or up as a browser does, then works with a token of their own.
import type { Me } from '@gatewright/shared/contract/identity'
import { type Client, createClient } from '../../packages/cli/src/client.ts'

export type Person = { client: Client; token: string; me: Me }
type SignUp = { email: string; password: string; name: string; join?: string; invitation?: string }

export function signIn(adminUrl: string, email: string, password: string): Promise<Person> {
  return enter(adminUrl, 'sign-in', { email, password })
}

export function signUp(adminUrl: string, form: SignUp, token?: TokenWish): Promise<Person> {
  return enter(adminUrl, 'sign-up', form, token)
}

/** What the token of a person may do; without a word, everything. */
type TokenWish = { name: string; scope: 'everything' | 'blocklist'; tenant?: string }

/** The admin API refused; `status` says how. */
export class SignInError extends Error {
  readonly status: number

  constructor(status: number, detail: string) {
    super(detail)
    this.status = status
  }
}

async function enter(
  adminUrl: string,
  door: 'sign-in' | 'sign-up',
  form: object,
  wish: TokenWish = { name: 'Script', scope: 'everything' },
): Promise<Person> {
  const entered = await post(`${adminUrl}/api/v1/${door}`, form)
  const me = (await entered.json()) as Me
  const cookie = entered.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const made = await post(`${adminUrl}/api/v1/me/tokens`, wish, {
    cookie,
    'x-csrf-token': me.csrfToken ?? '',
  })
  const { token } = (await made.json()) as { token: string }
  return { client: createClient(adminUrl, token), token, me }
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!response.ok)
    throw new SignInError(
      response.status,
      `POST ${url} answered ${response.status}: ${await response.text()}`,
    )
  return response
}
