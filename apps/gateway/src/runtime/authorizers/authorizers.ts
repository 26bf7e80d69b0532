// What judges requests for policies: servers and functions of teams, each attachment with a line of its own.
import type { Authorizer, Authorizers } from '@gatewright/shared/policies/authorizer-ports'
import { Outage, type OutageLog } from '../outage.ts'
import type { OpenOutbound } from '../outbound.ts'
import type { Functions } from './functions.ts'
import { createHttpAuthorizer } from './http-authorizer.ts'

const messages = {
  away: 'An authorizer gives no answers; requests that it would have to judge are refused',
  back: 'An authorizer answers again',
}

export function createAuthorizers(open: OpenOutbound, functions: Functions, log: OutageLog): Authorizers {
  return {
    open(source, timeoutMs, name) {
      const about = source.by === 'http' ? { policy: name, url: source.url } : { policy: name }
      const outage = new Outage(log, about, messages)
      return source.by === 'http'
        ? createHttpAuthorizer(source, timeoutMs, open(), outage)
        : createFunctionAuthorizer(source.source, timeoutMs, functions, outage)
    },
  }
}

function createFunctionAuthorizer(
  source: string,
  timeoutMs: number,
  functions: Functions,
  outage: Outage,
): Authorizer {
  const own = functions.open(source)
  return {
    async judge(facts) {
      const reply = await own.run(facts, timeoutMs)
      if (reply.kind === 'answered') outage.worked()
      else outage.failed(reply.reason)
      return reply
    },
  }
}
