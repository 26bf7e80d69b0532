// The ports of policies that have a request judged by what a team wrote itself: a server of its own, or a function.
import type { Secret } from './secret-ports.ts'

/** What judges. */
export type AuthorizerSource =
  | {
      readonly by: 'http'
      readonly url: string
      /** Value of the `Authorization` field of its calls; null = none. */
      readonly authorization: Secret | null
    }
  | {
      readonly by: 'function'
      /** A TypeScript module whose default export is the function. */
      readonly source: string
    }

/** `reason` is for whoever owns the policy, never for callers. */
export type AuthorizerReply =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'late' | 'unavailable'; readonly reason: string }

export interface Authorizer {
  /** Never throws. `facts`: what it is told of the request, as JSON. The answer may be anything that JSON can say. */
  judge(facts: string): Promise<AuthorizerReply>
}

export interface Authorizers {
  /** `timeoutMs`: for the whole answer. `name`: of the policy, for the log. */
  open(source: AuthorizerSource, timeoutMs: number, name: string): Authorizer
}
