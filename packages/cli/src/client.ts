// The typed client of the admin API: the contract, a token, and problem details as errors.
import { type Contract, contract } from '@gatewright/shared/contract/index'
import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import type { JsonifiedClient } from '@orpc/openapi-client'
import { OpenAPILink } from '@orpc/openapi-client/fetch'
import { ProblemError } from './failure.ts'

export interface CallContext {
  /** Wait until every live gateway runs the change, at most this long. */
  readonly waitMs?: number
  readonly ifMatch?: number
  readonly idempotencyKey?: string
}

export type Client = JsonifiedClient<ContractRouterClient<Contract, CallContext>>

export function createClient(url: string, token: string): Client {
  const link = new OpenAPILink<CallContext>(contract, {
    url,
    headers: ({ context }) => ({
      authorization: `Bearer ${token}`,
      'user-agent': 'gatewright-cli/0.1.0',
      ...(context.ifMatch === undefined ? {} : { 'if-match': `"${context.ifMatch}"` }),
      ...(context.idempotencyKey === undefined ? {} : { 'idempotency-key': `"${context.idempotencyKey}"` }),
    }),
    fetch: async (request, init, { context }) => {
      const response = await fetch(waiting(request, context.waitMs), init).catch((thrown: unknown) => {
        throw new Error(`cannot reach ${url}`, { cause: rootCause(thrown) })
      })
      if (response.ok) return response
      throw new ProblemError(response.status, await response.json().catch(() => null))
    },
  })
  return createORPCClient(link)
}

function waiting(request: Request, waitMs: number | undefined): Request {
  if (waitMs === undefined) return request
  const url = new URL(request.url)
  url.searchParams.set('wait', 'live')
  url.searchParams.set('timeoutMs', String(waitMs))
  return new Request(url, request)
}

// fetch says "fetch failed"; the reason a person can act on is the innermost cause.
function rootCause(thrown: unknown): unknown {
  let cause = thrown
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return cause
}
