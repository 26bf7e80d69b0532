// The admin API as a value: everything wired, not yet listening. main.ts and the tests start it.
import 'reflect-metadata'
import type { IncomingHttpHeaders } from 'node:http'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { appModule } from './app.module.ts'
import { serveAuthorisation } from './authorisation/mount.ts'
import type { Env } from './env.ts'
import { acceptJson } from './http/body.ts'
import { serveErrorPages } from './http/error-pages.ts'
import { rememberExchange, requestIdOf } from './http/exchange.ts'
import { servePortal } from './http/portal.ts'
import { sendProblem, toProblem } from './http/problem.ts'
import { addSecurityHeaders } from './http/security-headers.ts'
import { Clock } from './infra/clock.ts'
import { type Logger, nestLogger } from './infra/logger.ts'
import { serveTryIt } from './try-it/proxy.ts'

/** What the process brings along; tests bring a clock of their own. */
export interface Surroundings {
  readonly logger: Logger
  readonly clock?: Clock
}

export async function createApp(env: Env, { logger, clock }: Surroundings): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    trustProxy: env.TRUST_PROXY.length > 0 ? [...env.TRUST_PROXY] : false,
    bodyLimit: env.DOCUMENT_LIMIT_BYTES,
    requestTimeout: 120_000,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(reply, toProblem(error, request.id, request.url)),
    genReqId: (request: { headers: IncomingHttpHeaders }) => requestIdOf(request.headers['x-request-id']),
  })
  const app = await NestFactory.create<NestFastifyApplication>(
    appModule(env, logger, clock ?? new Clock()),
    adapter,
    {
      bodyParser: false,
      logger: nestLogger(logger),
      abortOnError: false,
    },
  )
  const fastify = adapter.getInstance() as unknown as FastifyInstance
  rememberExchange(fastify)
  addSecurityHeaders(fastify, env)
  logRequests(fastify, logger)
  acceptJson(fastify, env)
  await serveTryIt(fastify, app)
  await serveAuthorisation(fastify, app)
  serveErrorPages(fastify, env.ERROR_PAGES_DIR)
  if (env.PORTAL_DIR) await servePortal(fastify, env.PORTAL_DIR)
  await app.init()
  await fastify.ready()
  return app
}

function logRequests(fastify: FastifyInstance, logger: Logger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    logger.info(
      {
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? null,
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
        address: request.ip,
      },
      'request',
    )
    done()
  })
}
