// Has a server of the team's own judge requests: one POST of JSON each, and any answer that is not of status 200 and JSON is none.
import type {
  Authorizer,
  AuthorizerReply,
  AuthorizerSource,
} from '@gatewright/shared/policies/authorizer-ports'
import type { Outage } from '../outage.ts'
import { type Outbound, OutboundFailure } from '../outbound.ts'

export const answerBytesMax = 16 * 1024
/** More would wait for a connection longer than their callers wait for them. */
const pendingMax = 500

export function createHttpAuthorizer(
  { url: address, authorization }: Extract<AuthorizerSource, { by: 'http' }>,
  timeoutMs: number,
  outbound: Outbound,
  outage: Outage,
): Authorizer {
  const url = new URL(address)
  const json = { 'Content-Type': 'application/json' }
  let pending = 0

  async function ask(facts: string): Promise<AuthorizerReply> {
    const shown = authorization?.text ?? null
    if (authorization !== null && shown === null) return secretAway
    pending++
    try {
      const { status, body } = await outbound.call({
        url,
        method: 'POST',
        headers: shown === null ? json : { ...json, Authorization: shown },
        body: facts,
        timeoutMs,
        bytesMax: answerBytesMax,
      })
      // Redirects too: what a request says was meant for this address alone.
      if (status !== 200) throw new OutboundFailure(`${url.host} answered ${status}`)
      outage.worked()
      return { kind: 'answered', value: parse(body) }
    } catch (error) {
      const { message, isLate } =
        error instanceof OutboundFailure ? error : { message: String(error), isLate: false }
      outage.failed(message)
      return { kind: isLate ? 'late' : 'unavailable', reason: message }
    } finally {
      pending--
    }
  }

  return {
    async judge(facts) {
      if (pending >= pendingMax) return { kind: 'unavailable', reason: `${pendingMax} requests wait for it` }
      return ask(facts)
    },
  }
}

const secretAway: AuthorizerReply = {
  kind: 'unavailable',
  reason: 'the secret of its Authorization cannot be read',
}

/** What is no JSON is nothing, which no reader of answers takes. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
