// The inspector: a process that judges the requests of one worker, one after the other. It has no secrets, no sockets but the pipe
// of its worker, and ends with it.
import { Socket } from 'node:net'
import type { FirewallSettings, ReceivedRequest } from '@gatewright/shared/policies/firewall-ports'
import type { RuleMatch } from '@gatewright/shared/security'
import { createEngine, type Engine } from './engine.ts'
import { createFrameReader, writeFrame } from './frames.ts'

/** What a worker asks. `settings` alone: whether these settings can be used. */
export interface Question {
  readonly id: number
  readonly settings: FirewallSettings
  readonly request: Omit<ReceivedRequest, 'body'> | null
}

export type Answer =
  | { readonly id: number; readonly kind: 'ready' }
  | {
      readonly id: number
      readonly kind: 'judged'
      readonly isAttack: boolean
      readonly score: number
      readonly matches: readonly RuleMatch[]
    }
  | { readonly id: number; readonly kind: 'failed'; readonly reason: string }

const pipe = new Socket({ fd: 3, readable: true, writable: true })
// Signals to a terminal's group are the gateway's to handle: it still has requests to finish.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
pipe.on('close', () => process.exit(0))
pipe.on('error', () => process.exit(0))

let engine: Engine | null = null
let fault = ''
try {
  engine = createEngine(process.env.WAF_RULES || null)
} catch (error) {
  fault = (error as Error).message
}

pipe.on(
  'data',
  createFrameReader(({ head, body }) => {
    for (const piece of writeFrame(answer(head as Question, body), null)) pipe.write(piece)
  }),
)

function answer({ id, settings, request }: Question, body: Buffer): Answer {
  if (engine === null) return { id, kind: 'failed', reason: fault }
  try {
    if (request !== null) return { id, kind: 'judged', ...engine.judge(settings, { ...request, body }) }
    engine.prepare(settings)
    return { id, kind: 'ready' }
  } catch (error) {
    return { id, kind: 'failed', reason: (error as Error).message }
  }
}
