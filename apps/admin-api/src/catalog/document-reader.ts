// Documents are read in threads of their own, with an end to their time and memory: the event loop stays free, whatever a file holds.
import { Worker } from 'node:worker_threads'
import type { OnApplicationShutdown } from '@nestjs/common'
import { refuse } from '../refusal.ts'
import type { QuestionName, Questions } from './openapi/questions.ts'
import type { ImportRefusal } from './openapi/read.ts'
import type { Asked } from './openapi/thread.ts'
import { TenantTurns } from './tenant-turns.ts'

// Tests run from source, the product from what was built of it.
const source = import.meta.url.endsWith('.ts')
const threadUrl = new URL(source ? './openapi/thread.ts' : './openapi/thread.js', import.meta.url)
const execArgv = source ? ['--conditions=source'] : []

interface ReaderLimits {
  /** Threads at once; who comes later waits. */
  readonly threads: number
  /** How many may wait; further ones are refused. */
  readonly waiting: number
  /** How many of one tenant may wait. */
  readonly waitingOfTenant: number
  /** From the start of a thread to its answer. */
  readonly timeMs: number
  /** Heap of a thread, MiB. */
  readonly memoryMb: number
}

// YAML of 20 MiB takes some 10 s and 800 MiB, an ordinary document far less than a second.
const defaults: ReaderLimits = {
  threads: 2,
  waiting: 50,
  waitingOfTenant: 20,
  timeMs: 60_000,
  memoryMb: 1024,
}

type Input<Name extends QuestionName> = Parameters<Questions[Name]>[0]
type Answer<Name extends QuestionName> = ReturnType<Questions[Name]> | ImportRefusal

export class DocumentReader implements OnApplicationShutdown {
  readonly #limits: ReaderLimits
  readonly #threads = new Set<Worker>()
  readonly #turns: TenantTurns

  constructor(limits: Partial<ReaderLimits> = {}) {
    this.#limits = { ...defaults, ...limits }
    this.#turns = new TenantTurns(this.#limits)
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.terminate()))
  }

  /**
   * The answer to a question of `openapi/questions.ts`, or why the document gives none: also that a limit was reached.
   * Of tenants that wait, each has its turn, however many documents one of them brings.
   */
  async ask<Name extends QuestionName>(
    tenantId: string,
    name: Name,
    input: Input<Name>,
  ): Promise<Answer<Name>> {
    const turn = this.#turns.take(tenantId) ?? refuse('reader_busy', undefined, { retryAfterSeconds: 10 })
    await turn
    try {
      return await this.#run(name, input)
    } finally {
      this.#turns.end(tenantId)
    }
  }

  async #run<Name extends QuestionName>(name: Name, input: Input<Name>): Promise<Answer<Name>> {
    const { timeMs, memoryMb } = this.#limits
    const asked: Asked = { name, input }
    const thread = new Worker(threadUrl, {
      workerData: asked,
      // No access to what this process was told: a thread needs the document and nothing else.
      env: {},
      execArgv,
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: youngMb },
    })
    this.#threads.add(thread)
    const { promise, resolve, reject } = Promise.withResolvers<Answer<Name>>()
    const timer = setTimeout(() => resolve(refusal('time-limit', timeMs / 1000, 's')), timeMs)
    thread.once('message', resolve)
    thread.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') resolve(refusal('memory-limit', memoryMb, 'MiB'))
      else reject(error)
    })
    thread.once('exit', () => reject(new Error('The thread that reads a document ended without an answer')))
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      await thread.terminate()
      this.#threads.delete(thread)
    }
  }
}

// Trees of a million small nodes live shortly: with the default, copying them takes most of the time.
const youngMb = 64

function refusal(code: 'time-limit' | 'memory-limit', limit: number, unit: string): ImportRefusal {
  const message = `Reading the file takes more than ${limit} ${unit}`
  const what = code === 'time-limit' ? '' : ' of memory'
  return { ok: false, code, message: message + what, pointer: '', line: null, column: null }
}
