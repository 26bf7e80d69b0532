// The request and reply at hand, for the code that oRPC calls without them.
import { AsyncLocalStorage } from 'node:async_hooks'
import { createId } from '@gatewright/shared/ids'
import { trafficMasker } from '@gatewright/shared/masking/masker'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

const store = new AsyncLocalStorage<Exchange>()

export function currentExchange(): Exchange {
  const exchange = store.getStore()
  if (!exchange) throw new Error('no request is being handled')
  return exchange
}

/** Ids a caller may choose: ours never collide with them, and they are safe in logs and headers. */
const callerId = /^[A-Za-z0-9._-]{8,64}$/

/** The id of a request: the caller's own when it is well-formed, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  // It is logged and kept: nothing that must not be.
  const isFit = typeof header === 'string' && callerId.test(header) && trafficMasker.text(header) === header
  return isFit ? header : createId('req')
}

export function rememberExchange(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    store.run({ request, reply }, done)
  })
}
