// Code of schemas from a thread that lives while there is something to make: bounded in time, memory and in how many wait.
import { Worker } from 'node:worker_threads'
import type { SchemaSource } from '@gatewright/shared/validation/schema-code'
import type { CodeAnswer, CodeOrder } from './compiling-thread.ts'

/** The code of a schema; null: it cannot be made now, for a reason that was logged. */
export type CodeMaker = (source: SchemaSource) => Promise<string | null>

interface Log {
  warn(fields: object, message: string): void
}

interface CodeMakerLimits {
  /** From the start of one schema to its code. */
  readonly timeMs: number
  readonly waitingMax: number
  /** How long the thread stays without work. */
  readonly idleMs: number
}

const defaults: CodeMakerLimits = { timeMs: 20_000, waitingMax: 1_000, idleMs: 30_000 }
const memoryMb = 384

const fromSource = import.meta.url.endsWith('.ts')
const threadUrl = new URL(fromSource ? './compiling-thread.ts' : './compiling-thread.js', import.meta.url)
const execArgv = fromSource ? ['--conditions=source'] : []

interface Waiting {
  readonly source: SchemaSource
  settle(code: string | null): void
}

export function createCodeMaker(log: Log, limits: Partial<CodeMakerLimits> = {}): CodeMaker {
  const { timeMs, waitingMax, idleMs } = { ...defaults, ...limits }
  const waiting: Waiting[] = []
  let thread: Worker | null = null
  let current: Waiting | null = null
  let timer: NodeJS.Timeout | undefined
  let lastId = 0

  function start(): Worker {
    const started = new Worker(threadUrl, {
      name: 'gateway-schemas',
      env: {},
      execArgv,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    })
    started.on('message', (answer: CodeAnswer) => {
      if (answer.id !== lastId || thread !== started) return
      if (answer.kind === 'failed') log.warn({ reason: answer.reason }, 'a schema cannot be compiled')
      finish(answer.kind === 'code' ? answer.code : null)
    })
    started.on('error', (error) => {
      log.warn({ err: error }, 'the thread that compiles schemas failed')
    })
    started.on('exit', () => {
      if (thread !== started) return
      thread = null
      finish(null)
    })
    started.unref()
    return started
  }

  function stop(): void {
    const stopped = thread
    thread = null
    void stopped?.terminate()
  }

  function finish(code: string | null): void {
    clearTimeout(timer)
    const done = current
    current = null
    done?.settle(code)
    next()
  }

  function next(): void {
    if (current !== null) return
    const first = waiting.shift()
    if (first === undefined) {
      timer = setTimeout(stop, idleMs).unref()
      return
    }
    clearTimeout(timer)
    current = first
    thread ??= start()
    const order: CodeOrder = { id: ++lastId, source: first.source }
    thread.postMessage(order)
    timer = setTimeout(() => {
      log.warn({ timeMs }, 'compiling a schema took too long')
      stop()
      finish(null)
    }, timeMs)
    timer.unref()
  }

  return (source) => {
    if (waiting.length >= waitingMax) return Promise.resolve(null)
    return new Promise((settle) => {
      waiting.push({ source, settle })
      next()
    })
  }
}
