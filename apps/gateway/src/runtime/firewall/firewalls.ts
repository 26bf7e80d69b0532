// The firewall as a worker has it: an inspector process that is started when somebody needs it, watched, and started again.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type {
  FirewallSettings,
  Firewalls,
  FirewallVerdict,
  ReceivedRequest,
} from '@gatewright/shared/policies/firewall-ports'
import { SnapshotRefused } from '../../config/parts.ts'
import type { Sample } from '../../ops/metrics.ts'
import { createFrameReader, writeFrame } from './frames.ts'
import type { Answer, Question } from './inspector.ts'

export interface FirewallStore extends Firewalls {
  /** Resolves when everything that was opened can be used. Throws `SnapshotRefused` when some of it cannot. */
  settled(): Promise<void>
  readonly counts: FirewallCounts
  close(): void
}

export interface FirewallCounts {
  inspected: number
  /** Requests that got no judgement. */
  unavailable: number
  /** Inspectors that ended or were ended, and were not asked to. */
  lost: number
}

interface Log {
  error(fields: object, message: string): void
}

interface Settings {
  /** Folder of a rule set that an operator named; null = Debian's. */
  readonly rules: string | null
  readonly log: Log
  /** A request that takes longer is taken to have hung the engine. */
  readonly patienceMs?: number
  /** Program of the inspector; tests put another one there. */
  readonly program?: URL
}

/** Requests that wait for one inspector, and the bytes of their bodies. */
const waitingMax = 256
const waitingBytesMax = 64 * 1024 * 1024
const patienceDefaultMs = 5_000
/** Loading the rules takes a tenth of a second, on a machine that is busy ten times that. */
const startPatienceMs = 20_000
const idleMs = 600_000

const fromSource = import.meta.url.endsWith('.ts')
const inspectorUrl = new URL(fromSource ? './inspector.ts' : './inspector.js', import.meta.url)
const execArgv = fromSource ? ['--conditions=source'] : []
const unavailable: FirewallVerdict = { kind: 'unavailable' }

export function createFirewalls(settings: Settings): FirewallStore {
  const counts: FirewallCounts = { inspected: 0, unavailable: 0, lost: 0 }
  let inspector: Inspector | null = null
  let checks: Promise<Answer | null>[] = []
  let isClosed = false

  function current(): Inspector {
    inspector ??= new Inspector(settings, counts, (gone) => {
      if (inspector === gone) inspector = null
    })
    return inspector
  }

  return {
    counts,
    open(rules) {
      checks.push(current().ask({ settings: rules, request: null }, null))
      return {
        async inspect(request) {
          const verdict = isClosed ? unavailable : await current().inspect(rules, request)
          if (verdict.kind === 'judged') counts.inspected++
          else counts.unavailable++
          return verdict
        },
      }
    },
    async settled() {
      const asked = checks
      checks = []
      for (const answer of await Promise.all(asked)) {
        if (answer === null)
          throw new SnapshotRefused(
            'The firewall of this gateway (policy waf) cannot be started: see its log',
          )
        if (answer.kind === 'failed')
          throw new SnapshotRefused(`This gateway cannot run the policy waf: ${answer.reason}`)
      }
    },
    close() {
      isClosed = true
      inspector?.end()
    },
  }
}

/** For the metrics of a worker. */
export function firewallSamples({ inspected, unavailable, lost }: FirewallCounts): readonly Sample[] {
  const counter = (name: string, help: string, value: number): Sample => ({
    name,
    help,
    type: 'counter',
    labels: {},
    value,
  })
  return [
    counter('gw_waf_inspected_total', 'Requests that the firewall judged.', inspected),
    counter('gw_waf_unavailable_total', 'Requests that the firewall could not judge.', unavailable),
    counter('gw_waf_inspectors_lost_total', 'Inspectors of the firewall that crashed or hung.', lost),
  ]
}

interface Waiting {
  readonly bytes: number
  readonly requestId: string | null
  readonly resolve: (answer: Answer | null) => void
}

class Inspector {
  readonly #child: ChildProcess
  readonly #pipe: Duplex
  readonly #settings: Settings
  readonly #counts: FirewallCounts
  readonly #gone: (self: Inspector) => void
  /** In the order in which they were asked, which is that of the answers. */
  readonly #waiting = new Map<number, Waiting>()
  readonly #watch: NodeJS.Timeout
  #bytes = 0
  #lastId = 0
  #hasAnswered = false
  /** When it last had nothing to do or answered, on the clock of `performance.now()`. */
  #movedAt = performance.now()
  #isOver = false

  constructor(settings: Settings, counts: FirewallCounts, gone: (self: Inspector) => void) {
    this.#settings = settings
    this.#counts = counts
    this.#gone = gone
    const program = fileURLToPath(settings.program ?? inspectorUrl)
    // Of the gateway's environment it gets nothing: native code that reads what attackers send needs no secrets.
    this.#child = spawn(process.execPath, [...execArgv, '--max-old-space-size=256', program], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, ...(settings.rules === null ? {} : { WAF_RULES: settings.rules }) },
    })
    this.#pipe = this.#child.stdio[3] as Duplex
    this.#pipe.on(
      'data',
      createFrameReader(({ head }) => this.#hear(head as Answer)),
    )
    this.#pipe.on('error', () => undefined)
    this.#child.on('error', (error) => this.#lost(`it cannot be started: ${error.message}`))
    this.#child.on('exit', (code, signal) => this.#lost(`it ended with ${signal ?? code}`))
    this.#watch = setInterval(() => this.#look(), 500)
    this.#watch.unref()
    this.#child.unref()
  }

  async inspect(rules: FirewallSettings, { body, ...request }: ReceivedRequest): Promise<FirewallVerdict> {
    const answer = await this.ask({ settings: rules, request }, body)
    if (answer?.kind === 'judged')
      return { kind: 'judged', isAttack: answer.isAttack, score: answer.score, rules: answer.rules }
    if (answer?.kind === 'failed')
      this.#settings.log.error(
        { requestId: request.requestId, reason: answer.reason },
        'the firewall could not judge',
      )
    return unavailable
  }

  /** null: it has too much to do, or ended before it answered. */
  ask(question: Omit<Question, 'id'>, body: Uint8Array | null): Promise<Answer | null> {
    const bytes = body?.length ?? 0
    if (this.#isOver || this.#waiting.size >= waitingMax || this.#bytes + bytes > waitingBytesMax)
      return Promise.resolve(null)
    const id = ++this.#lastId
    if (this.#waiting.size === 0) this.#movedAt = performance.now()
    this.#bytes += bytes
    return new Promise((resolve) => {
      this.#waiting.set(id, { bytes, requestId: question.request?.requestId ?? null, resolve })
      this.#pipe.cork()
      for (const piece of writeFrame({ id, ...question } satisfies Question, body)) this.#pipe.write(piece)
      this.#pipe.uncork()
    })
  }

  end(): void {
    this.#isOver = true
    this.#stop()
  }

  #hear(answer: Answer): void {
    this.#hasAnswered = true
    this.#movedAt = performance.now()
    const waiting = this.#waiting.get(answer.id)
    if (waiting === undefined) return
    this.#waiting.delete(answer.id)
    this.#bytes -= waiting.bytes
    waiting.resolve(answer)
  }

  #look(): void {
    const restedMs = performance.now() - this.#movedAt
    if (this.#waiting.size === 0) {
      if (restedMs > idleMs) this.end()
      return
    }
    const patienceMs = this.#hasAnswered ? (this.#settings.patienceMs ?? patienceDefaultMs) : startPatienceMs
    if (restedMs > patienceMs) this.#lost(`it gave no answer for ${Math.round(restedMs)} ms`)
  }

  #lost(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#counts.lost++
    // It works on one request at a time: the first that waits is the one it ended with.
    const [first] = this.#waiting.values()
    this.#settings.log.error(
      { reason, requestId: first?.requestId ?? null, waiting: this.#waiting.size },
      'the inspector of the firewall was lost; the next request starts another',
    )
    this.#stop()
  }

  #stop(): void {
    clearInterval(this.#watch)
    this.#gone(this)
    this.#child.kill('SIGKILL')
    for (const { resolve } of this.#waiting.values()) resolve(null)
    this.#waiting.clear()
  }
}
