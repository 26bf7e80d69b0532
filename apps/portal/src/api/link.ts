// From a call of the contract to a request and back: path parameters, query or JSON body, problem+json.
// oRPC's own OpenAPILink does this too, at 8 kB (gzip) that a visitor of the public catalogue would pay for.

import type { ClientContext, ClientLink, ClientOptions } from '@orpc/client'
import { Problem, toProblem } from './problem.ts'

/** What the server demands with an operation, from the contract's meta. */
export interface Demands {
  concurrency?: true
  idempotent?: true
  waitable?: true
  reads?: true
}

export interface Operation {
  method: string
  path: string
  demands: Demands
}

export interface Outgoing {
  url: URL
  method: string
  headers: Record<string, string>
  body: string | undefined
}

type Input = Readonly<Record<string, unknown>> | undefined

/** Members named in the path go there; the rest is the query of a GET, else the JSON body. */
export function encode(operation: Operation, input: Input, origin: string): Outgoing {
  const rest = new Map(Object.entries(input ?? {}).filter(([, value]) => value !== undefined))
  const path = operation.path.replace(/\{\+?([^}]+)\}/g, (_, name: string) => {
    const value = rest.get(name)
    if (value === undefined || value === null || value === '')
      throw new Error(`${operation.path} needs ${name}`)
    rest.delete(name)
    return encodeURIComponent(String(value))
  })
  const url = new URL(path, origin)
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json' }
  if (operation.method === 'GET') {
    for (const [name, value] of rest) appendQuery(url.searchParams, name, value)
    return { url, method: 'GET', headers, body: undefined }
  }
  if (rest.size === 0) return { url, method: operation.method, headers, body: undefined }
  headers['content-type'] = 'application/json'
  return { url, method: operation.method, headers, body: JSON.stringify(Object.fromEntries(rest)) }
}

/** Bracket notation, as the server reads it: `ids[0]=a`, `filter[state]=open`. */
function appendQuery(query: URLSearchParams, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  if (typeof value === 'object') {
    for (const [key, member] of Object.entries(value)) appendQuery(query, `${name}[${key}]`, member)
  } else {
    query.append(name, String(value))
  }
}

export interface LinkOptions<C extends ClientContext> {
  operationOf(path: readonly string[]): Operation
  origin(): string
  /** The last word on a request: headers and query that come from the context. */
  prepare(request: Outgoing, operation: Operation, context: C): void
  /** Reads (GET) that take longer are given up as a `timeout` problem. */
  loadTimeoutMs: number
}

export function createLink<C extends ClientContext>(options: LinkOptions<C>): ClientLink<C> {
  return {
    async call(
      path: readonly string[],
      input: unknown,
      { context, signal }: ClientOptions<C>,
    ): Promise<unknown> {
      const operation = options.operationOf(path)
      const request = encode(operation, input as Input, options.origin())
      options.prepare(request, operation, context)
      const limits = [
        signal,
        request.method === 'GET' ? AbortSignal.timeout(options.loadTimeoutMs) : undefined,
      ]
      return send(request, AbortSignal.any(limits.filter((limit) => limit !== undefined)))
    },
  }
}

async function send({ url, ...rest }: Outgoing, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(url, { ...rest, signal, credentials: 'same-origin' })
    if (response.status >= 400) throw await readProblem(response)
    // Awaited here: a body may stop as well as its head.
    return await readJson(response)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'TimeoutError') {
      throw new Problem({ status: 0, code: 'timeout', title: 'timeout', cause: error })
    }
    if (error instanceof TypeError)
      throw new Problem({ status: 0, code: 'network', title: 'network', cause: error })
    throw error
  }
}

const isJson = (response: Response) => /[/+]json/.test(response.headers.get('content-type') ?? '')

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  if (isJson(response)) return response.json()
  throw new Problem({
    status: response.status,
    code: 'unexpected',
    title: 'unexpected',
    detail: `HTTP ${response.status}, ${response.headers.get('content-type') ?? 'no content type'}`,
    requestId: response.headers.get('x-request-id') ?? undefined,
  })
}

async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = isJson(response) ? await response.json().catch(() => undefined) : undefined
  return toProblem(response.status, body, response.headers.get('x-request-id') ?? undefined)
}
