// The shop's door: HTTP in, an operation called, JSON or a problem (RFC 9457) out.
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { BadRequestError } from './check.ts'
import { type Answer, NotFoundError, type Operation, operations } from './operations.ts'
import { ConflictError, type Store } from './store.ts'

const bodyLimitBytes = 1_000_000
const document = readFileSync(join(import.meta.dirname, '../openapi.yaml'), 'utf8')

const titles: Record<number, string> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
}

export function createBookstore(store: Store): Server {
  return createServer(async (request, response) => {
    const answer = await handle(request, store).catch(explain)
    send(response, answer)
  })
}

async function handle(request: IncomingMessage, store: Store): Promise<Answer> {
  const target = request.url ?? '/'
  if (!URL.canParse(target, 'http://bookstore')) throw new UnreadableError(400, `${target} is not a path.`)
  const url = new URL(target, 'http://bookstore')
  if (url.pathname === '/health') return { status: 200, body: { status: 'ok' } }
  if (url.pathname === '/openapi.yaml')
    return {
      status: 200,
      headers: { 'content-type': 'application/yaml' },
      body: documentAt(request.headers.host),
    }
  const candidates = operations.flatMap((operation) => {
    const params = match(operation, url.pathname)
    return params ? [{ operation, params }] : []
  })
  if (candidates.length === 0) return problem(404, `There is nothing at ${url.pathname}.`)
  // What can be read can be asked about (RFC 9110, 9.3.2); the server leaves the body away.
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const found = candidates.find(({ operation }) => operation.method === method)
  if (!found) {
    const allow = candidates.map(({ operation }) => operation.method.replace('GET', 'GET, HEAD')).join(', ')
    return { ...problem(405, `${url.pathname} answers ${allow}.`), headers: { allow } }
  }
  const body = request.method === 'POST' || request.method === 'PUT' ? await readBody(request) : undefined
  return found.operation.run({ params: found.params, query: url.searchParams, body }, store)
}

/** Names the address at which it was asked for, which is where its operations are: PORT may say anything. */
function documentAt(host: string | undefined): string {
  const isAddress = host !== undefined && /^[\w.-]+(:\d+)?$/.test(host)
  return isAddress ? document.replace('http://127.0.0.1:8090', `http://${host}`) : document
}

function match({ path }: Operation, pathname: string): Record<string, string> | undefined {
  const wanted = path.split('/')
  const given = pathname.split('/')
  if (wanted.length !== given.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, segment] of wanted.entries()) {
    const value = given[i] ?? ''
    if (segment.startsWith('{') && value !== '') params[segment.slice(1, -1)] = decodeURIComponent(value)
    else if (segment !== value) return undefined
  }
  return params
}

/** A request that no operation gets to see. */
class UnreadableError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > bodyLimitBytes) throw new UnreadableError(413, `A body may have ${bodyLimitBytes} bytes.`)
    chunks.push(chunk)
  }
  if (size === 0) return undefined
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw new UnreadableError(415, 'Bodies are application/json.')
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch (error) {
    throw new UnreadableError(400, `The body is not JSON: ${(error as Error).message}`)
  }
}

function explain(error: unknown): Answer {
  if (error instanceof BadRequestError) return problem(400, error.message, { errors: error.mistakes })
  if (error instanceof NotFoundError) return problem(404, error.message)
  if (error instanceof ConflictError) return problem(409, error.message)
  if (error instanceof UnreadableError) return problem(error.status, error.message)
  if (error instanceof URIError) return problem(400, 'The path is not valid percent-encoding.')
  console.error(error)
  return problem(500, 'The shop made a mistake; its log says which.')
}

function problem(status: number, detail: string, more: object = {}): Answer {
  const body = { type: 'about:blank', title: titles[status], status, detail, ...more }
  return { status, body }
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  if (body === undefined) response.writeHead(status, headers).end()
  else
    response
      .writeHead(status, { 'content-type': type, ...headers })
      .end(typeof body === 'string' ? body : JSON.stringify(body))
}
