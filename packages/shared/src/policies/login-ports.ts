// The port of the policy that signs people in: a provider that is asked with codes, and the sessions of those who came back.
import type { Claims } from './claims.ts'
import type { Person } from './policy.ts'
import type { Secret } from './secret-ports.ts'

/** Where people sign in, as which client, and how long that holds. */
export interface LoginSource {
  readonly tenantId: string
  readonly issuer: string
  readonly client: {
    readonly id: string
    /** null: a public client, which has PKCE alone. */
    readonly secret: Secret | null
    readonly authentication: 'client_secret_basic' | 'client_secret_post'
  }
  readonly scopes: readonly string[]
  /** What else the provider is told when somebody is sent there. */
  readonly parameters: readonly { readonly name: string; readonly value: string }[]
  /** In the names of its cookies; null: made of tenant, issuer and client. */
  readonly cookieSuffix: string | null
  readonly idleMs: number
  readonly lifetimeMs: number
  /** For so long a sign-in may take. */
  readonly attemptMs: number
  readonly timeoutMs: number
  /** Sessions hold the access token: it is handed on, and a session without a good one has ended. */
  readonly needsAccessToken: boolean
}

export interface LoginSession {
  readonly person: Person
  /** Of the id token. */
  readonly claims: Claims
  readonly accessToken: string | null
}

/** `unavailable`: sessions, or the provider, cannot be asked right now. */
export type SessionFound =
  | { readonly kind: 'found'; readonly session: LoginSession }
  | { readonly kind: 'none' | 'unavailable' }

export type LoginBegun =
  | {
      readonly kind: 'begun'
      /** Where the browser goes. */
      readonly location: string
      /** What the browser keeps, so that nobody else's sign-in is finished in it. */
      readonly browserKey: string
    }
  | { readonly kind: 'unavailable' }

export type LoginFinished =
  | { readonly kind: 'in'; readonly ticket: string; readonly returnTo: string }
  /** It was not begun in this browser, or too long ago. */
  | { readonly kind: 'unfinished' }
  | { readonly kind: 'repeated'; readonly returnTo: string }
  /** The provider says no. */
  | { readonly kind: 'denied' }
  /** The provider says something else; `error`: its code (RFC 6749 4.1.2.1), when it is one. */
  | { readonly kind: 'failed'; readonly error: string | null }
  | { readonly kind: 'unavailable' }

export type LoginEnded =
  /** `location`: where the session at the provider ends; null: it says of no such place. */
  { readonly kind: 'ended'; readonly location: string | null } | { readonly kind: 'unavailable' }

/** How people sign in at one provider as one client. */
export interface Login {
  readonly cookieSuffix: string
  /** `returnTo`: path and query. `browserKey`: what `begin` gave this browser before; null = nothing. Counts and keeps nothing. */
  begin(attempt: {
    readonly returnTo: string
    readonly redirectUri: string
    readonly browserKey: string | null
  }): Promise<LoginBegun>
  /** What the browser came back with; `query` without `?`. */
  finish(answer: {
    readonly query: string
    readonly redirectUri: string
    readonly browserKey: string | null
  }): Promise<LoginFinished>
  /** `looksOnly`: the session is neither prolonged nor refreshed. */
  find(ticket: string, nowMs: number, looksOnly: boolean): Promise<SessionFound>
  /** Whether or not there is such a session. `returnTo`: an address the provider sends the browser to; null = where it likes. */
  end(ticket: string | null, returnTo: string | null): Promise<LoginEnded>
}

export interface Logins {
  /** Shared by all who name the same. Throws a sentence where no sessions can be kept. */
  open(source: LoginSource): Login
}

/** Random bytes that name a session and open it: 32, in base64url. */
export const ticketForm = /^[A-Za-z0-9_-]{43}$/
