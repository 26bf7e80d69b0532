// Who is calling: a browser session (cookie, proved by Origin and CSRF token for writes) or a personal access token.
import { timingSafeEqual } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import { ENV } from '../app.tokens.ts'
import type { Actor, CallToken, CallUser } from '../call.ts'
import type { Env } from '../env.ts'
import type { SignInMethod } from '../generated/prisma/client.ts'
import { Sessions } from '../identity/sessions.ts'
import { Tokens } from '../identity/tokens.ts'
import { refuse } from '../refusal.ts'
import { readCookie, sessionCookie } from './cookies.ts'

export interface Caller {
  readonly user: CallUser | null
  readonly actor: Actor
  readonly sessionId: string | null
  readonly method: SignInMethod | null
  readonly provedAt: Date | null
  readonly token: CallToken | null
  readonly csrfToken: string | null
}

const visitor: Caller = {
  user: null,
  actor: { kind: 'system', id: 'visitor', name: 'Visitor' },
  sessionId: null,
  method: null,
  provedAt: null,
  token: null,
  csrfToken: null,
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

@Injectable()
export class Authenticate {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly sessions: Sessions,
    private readonly tokens: Tokens,
  ) {}

  async caller(request: FastifyRequest): Promise<Caller> {
    const { authorization } = request.headers
    if (authorization !== undefined) return this.#byToken(authorization, request)
    const isWrite = !safeMethods.has(request.method)
    if (isWrite) this.refuseForeignOrigin(request)
    const cookie = readCookie(request.headers.cookie, sessionCookie(this.env))
    const session = cookie ? await this.sessions.find(cookie) : null
    if (!session) return visitor
    if (isWrite) refuseWithoutProof(request, session.csrfToken)
    const { user } = session
    return {
      user,
      actor: { kind: 'user', id: user.id, name: user.name },
      sessionId: session.id,
      method: session.method,
      provedAt: session.provedAt,
      token: null,
      csrfToken: session.csrfToken,
    }
  }

  /** The id of the living browser session behind a request's cookie, or null. */
  async browserSession(request: FastifyRequest): Promise<string | null> {
    const cookie = readCookie(request.headers.cookie, sessionCookie(this.env))
    const session = cookie ? await this.sessions.find(cookie) : null
    return session?.id ?? null
  }

  async #byToken(authorization: string, request: FastifyRequest): Promise<Caller> {
    const [, token] = /^Bearer ([\w-]+)$/i.exec(authorization) ?? []
    const found = token ? await this.tokens.find(token) : null
    if (!found) return refuse('token_invalid')
    const fromCli = request.headers['user-agent']?.startsWith('gatewright-cli/') === true
    return {
      user: found.user,
      actor: {
        kind: fromCli ? 'cli' : 'token',
        id: found.user.id,
        name: `${found.user.name} (${found.name})`,
      },
      sessionId: null,
      method: null,
      provedAt: null,
      token: found.token,
      csrfToken: null,
    }
  }

  /** A page of another site may make a browser send our cookies, but not hide where it came from. */
  refuseForeignOrigin(request: FastifyRequest): void {
    const { origin } = request.headers
    if (origin === undefined) {
      if (request.headers['sec-fetch-site'] === 'cross-site')
        refuse('csrf_failed', 'The request came from another site')
      return
    }
    const allowed = [new URL(this.env.PUBLIC_URL).origin, ...this.env.ALLOWED_ORIGINS]
    if (allowed.includes(origin)) return
    if (URL.canParse(origin) && new URL(origin).host === request.headers.host) return
    refuse('csrf_failed', `The origin ${origin} may not write here`)
  }
}

function refuseWithoutProof(request: FastifyRequest, expected: string): void {
  const sent = request.headers['x-csrf-token']
  if (typeof sent !== 'string') refuse('csrf_failed', 'The x-csrf-token header is missing')
  const [a, b] = [Buffer.from(sent), Buffer.from(expected)]
  if (a.length !== b.length || !timingSafeEqual(a, b))
    refuse('csrf_failed', 'The x-csrf-token header is wrong')
}
