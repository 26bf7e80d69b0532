// Errors that no operation was reached for (a page of the portal, perhaps): unknown paths, bodies that cannot be read, and our own bugs.
import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, NotFoundException } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Refusal } from '../refusal.ts'
import { isPortalPage, sendPortalPage } from './portal.ts'
import { sendProblem, toProblem } from './problem.ts'

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(ENV) private readonly env: Env,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>()
    const reply = host.switchToHttp().getResponse<FastifyReply>()
    if (error instanceof NotFoundException && this.env.PORTAL_DIR && isPortalPage(request)) {
      sendPortalPage(reply)
      return
    }
    const path = request.url.split('?', 1)[0] ?? request.url
    const known =
      error instanceof NotFoundException
        ? new Refusal('not_found', `Nothing answers ${request.method} ${path}`)
        : error
    const answer = toProblem(known, request.id, path)
    if (answer.unexpected) this.logger.error({ requestId: request.id, error }, 'A request failed')
    sendProblem(reply, answer)
  }
}
