// The two addresses of a sign-in at a provider that browsers are sent to; both answer with a redirect, never with a page.
import type { ErrorCode } from '@gatewright/shared/errors'
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ENV } from '../../app.tokens.ts'
import type { Call } from '../../call.ts'
import type { Env } from '../../env.ts'
import { attemptCookie, readAttemptCookie } from '../../http/cookies.ts'
import { toProblem } from '../../http/problem.ts'
import { Database } from '../../infra/database.ts'
import { LOGGER, type Logger } from '../../infra/logger.ts'
import { attemptSeconds, browserSecret, safeReturnPath } from './attempt.ts'
import { ProviderSignIn } from './provider-sign-in.ts'

type Query = Record<string, unknown>

@Controller('/api/v1/sign-in/providers/:provider')
export class ProviderSignInController {
  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly database: Database,
    private readonly signIn: ProviderSignIn,
  ) {}

  @Get('start')
  async start(@Param('provider') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply) {
    const returnTo = safeReturnPath((request.query as Query).return)
    const browser = browserSecret(readAttemptCookie(this.env, request.headers.cookie))
    try {
      const url = await this.signIn.begin(name, browser, returnTo, request.id)
      reply.header('set-cookie', attemptCookie(this.env, browser, attemptSeconds)).redirect(url.href, 303)
    } catch (error) {
      this.#sendBack(request, reply, error, returnTo)
    }
  }

  @Get('callback')
  async callback(
    @Param('provider') name: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ) {
    const { state: given } = request.query as Query
    const state = typeof given === 'string' ? given : undefined
    let returnTo: string | null = null
    try {
      const browser = readAttemptCookie(this.env, request.headers.cookie)
      const attempt = await this.signIn.attempt(name, browser, state)
      if (!attempt || state === undefined) return this.#toSignIn(request, reply, 'sign_in_unfinished', null)
      returnTo = attempt.returnTo
      const call = this.#call(request)
      await this.signIn.finish(call, name, attempt, new URL(request.url, this.env.PUBLIC_URL).search, state)
      // It was good for this once; the next attempt makes another.
      reply
        .header('set-cookie', [...call.cookies, attemptCookie(this.env, '', 0)])
        .redirect(returnTo ?? '/', 303)
    } catch (error) {
      this.#sendBack(request, reply, error, returnTo)
    }
  }

  #sendBack(request: FastifyRequest, reply: FastifyReply, error: unknown, returnTo: string | null): void {
    const { problem, unexpected } = toProblem(error, request.id, request.routeOptions.url ?? '')
    // A failure of the provider is in the log already, without what it sent: that may hold a code.
    if (unexpected && problem.code !== 'provider_failed')
      this.logger.error({ requestId: request.id, error }, 'A sign-in failed')
    this.#toSignIn(request, reply, problem.code, returnTo)
  }

  #toSignIn(request: FastifyRequest, reply: FastifyReply, problem: ErrorCode, returnTo: string | null): void {
    const query = new URLSearchParams({ problem, request: request.id })
    if (returnTo !== null) query.set('return', returnTo)
    reply.redirect(`/sign-in?${query}`, 303)
  }

  #call(request: FastifyRequest): Call {
    return {
      requestId: request.id,
      address: request.ip,
      agent: request.headers['user-agent']?.slice(0, 200) ?? '',
      actor: { kind: 'system', id: 'visitor', name: 'Visitor' },
      user: null,
      sessionId: null,
      method: null,
      provedAt: null,
      token: null,
      csrfToken: null,
      platform: this.database.platform,
      expectedVersion: null,
      caused: [],
      cookies: [],
    }
  }
}
