// The admin API as typed calls and query options: the contract gives the types, this file the browser's side of it.

import routes from 'virtual:contract-routes'
import type { Contract } from '@gatewright/shared/contract/index'
import { createORPCClient } from '@orpc/client'
import type { ContractRouterClient } from '@orpc/contract'
import { createTanstackQueryUtils } from '@orpc/tanstack-query'
import { createLink, type Operation } from './link.ts'
import { withProof } from './proof.ts'

export interface CallContext {
  /** `version` of the resource as it was read: sent as If-Match. */
  ifMatch?: number
  /** Given when a retry must not do it twice; else each call gets its own. */
  idempotencyKey?: string
  /** Writes that gateways must learn wait until they did; false answers at once. */
  waitLive?: boolean
}

const liveTimeoutMs = 5_000

const link = createLink<CallContext>({
  loadTimeoutMs: 10_000,
  origin: () => location.origin,
  operationOf(path) {
    let node: unknown = routes
    for (const name of path) node = (node as Record<string, unknown>)[name]
    if (typeof node !== 'object' || node === null) throw new Error(`the contract has no ${path.join('.')}`)
    return node as Operation
  },
  prepare({ url, headers, method }, { demands }, context) {
    const csrf = csrfToken()
    if (csrf && method !== 'GET') headers['x-csrf-token'] = csrf
    if (context.ifMatch !== undefined) headers['if-match'] = `"${context.ifMatch}"`
    if (demands.idempotent) headers['idempotency-key'] = context.idempotencyKey ?? crypto.randomUUID()
    if (demands.waitable && context.waitLive !== false) {
      url.searchParams.set('wait', 'live')
      url.searchParams.set('timeoutMs', String(liveTimeoutMs))
    }
  },
})

// The cookie is the first choice: it is right also when another tab signed in again.
let tokenOfSession: string | null = null
const signedInKey = 'gw-signed-in'

/** Kept from the answer of sign-in and `me`, for deployments that hide the cookie from scripts. */
export function rememberCsrfToken(token: string | null): void {
  tokenOfSession = token
  try {
    if (token === null) localStorage.removeItem(signedInKey)
    else localStorage.setItem(signedInKey, '1')
  } catch {
    // Without storage the cookie alone tells.
  }
}

export function csrfToken(): string | null {
  const found = /(?:^|;\s*)gw_csrf=([^;]+)/.exec(document.cookie)
  return found?.[1] ? decodeURIComponent(found[1]) : tokenOfSession
}

/** False for a visitor who is not signed in here for sure: asking who they are would only cost a 401. */
export function mayBeSignedIn(): boolean {
  try {
    return csrfToken() !== null || localStorage.getItem(signedInKey) !== null
  } catch {
    return true
  }
}

/** A call that is refused for want of a fresh proof is sent again once the person gave one. */
const proving: typeof link = {
  call: (path, input, options) => withProof(() => link.call(path, input, options)),
}

export const client: ContractRouterClient<Contract, CallContext> = createORPCClient(proving)

/** `orpc.apis.list.queryOptions({ input })`, `.infiniteOptions`, `.mutationOptions({ context })`, `.key()`. */
export const orpc = createTanstackQueryUtils(client)
