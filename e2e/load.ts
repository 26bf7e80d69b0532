// A load generator that counts: so many connections, each of which asks again when it was answered. Every request has a
// mark of its own, which an honest answer repeats: an answer that belongs to another request is seen.
import { Agent, request } from 'node:http'

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly headers?: Readonly<Record<string, string>>
  /** Between an answer and the next request of a connection, milliseconds. */
  readonly pauseMs?: number
}

/** What came of the requests that are over. */
export interface Tally {
  /** Answers by status. */
  readonly statuses: Record<number, number>
  /** Requests without a whole answer, by what went wrong. */
  readonly failures: Record<string, number>
  /** Answers with the mark of another request. */
  mixedUp: number
  /** Sockets that were opened. */
  opened: number
  readonly latenciesMs: number[]
}

const emptyTally = (): Tally => ({ statuses: {}, failures: {}, mixedUp: 0, opened: 0, latenciesMs: [] })

let lastMark = 0

export class Load implements AsyncDisposable {
  readonly #options: LoadOptions
  readonly #agent: Agent
  readonly #waiting = new Set<{ left: number; resolve: () => void }>()
  readonly #runs: Promise<void>[] = []
  #tally = emptyTally()
  #isOver = false

  constructor(options: LoadOptions) {
    this.#options = options
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections })
    const dial = this.#agent.createConnection.bind(this.#agent)
    this.#agent.createConnection = (...args) => {
      this.#tally.opened++
      return dial(...args)
    }
    for (let i = 0; i < options.connections; i++) this.#runs.push(this.#run())
  }

  /** What was counted since this was asked the last time. */
  take(): Tally {
    const tally = this.#tally
    this.#tally = emptyTally()
    return tally
  }

  /** Resolves when so many more requests are over, however they ended. */
  more(count: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ left: count, resolve }))
  }

  /** Lets what is under way end, and answers what was counted since `take`. */
  async stop(): Promise<Tally> {
    this.#isOver = true
    await Promise.all(this.#runs)
    this.#agent.destroy()
    return this.take()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #run(): Promise<void> {
    const { pauseMs = 0 } = this.#options
    while (!this.#isOver) {
      await this.#ask()
      for (const waiter of this.#waiting) {
        if (--waiter.left > 0) continue
        this.#waiting.delete(waiter)
        waiter.resolve()
      }
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  #ask(): Promise<void> {
    const { url, headers = {} } = this.#options
    const mark = `m${lastMark++}`
    const startedMs = performance.now()
    return new Promise((resolve) => {
      const fail = (error: NodeJS.ErrnoException) => {
        const name = error.code ?? error.message
        this.#tally.failures[name] = (this.#tally.failures[name] ?? 0) + 1
        resolve()
      }
      const asked = request(`${url}?${mark}`, { agent: this.#agent, headers }, (answer) => {
        let body = ''
        answer.setEncoding('latin1')
        answer.on('data', (piece: string) => {
          body += piece
        })
        answer.on('error', fail)
        answer.on('end', () => {
          const { statusCode = 0 } = answer
          this.#tally.statuses[statusCode] = (this.#tally.statuses[statusCode] ?? 0) + 1
          this.#tally.latenciesMs.push(performance.now() - startedMs)
          if (statusCode === 200 && body !== mark) this.#tally.mixedUp++
          resolve()
        })
      })
      asked.on('error', fail)
      asked.end()
    })
  }
}

/** The value that `share` of the values do not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

/** How many requests had no whole answer. */
export function failed({ failures }: Tally): number {
  return Object.values(failures).reduce((sum, count) => sum + count, 0)
}
