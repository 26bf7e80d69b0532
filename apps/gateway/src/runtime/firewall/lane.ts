// A lane of requests that wait for one inspector. Who makes it work without an end loses it alone: the others are asked again.
import type {
  FirewallSettings,
  FirewallVerdict,
  ReceivedRequest,
} from '@gatewright/shared/policies/firewall-ports'
import type { Answer, Question } from './inspector.ts'
import { InspectorProcess } from './inspector-process.ts'

export interface FirewallCounts {
  inspected: number
  /** Requests that got no judgement. */
  unavailable: number
  /** Requests for which the rules used up their time. */
  exhausted: number
  /** Inspectors that ended or were ended, and were not asked to. */
  lost: number
}

export interface LaneSettings {
  /** Folder of a rule set that an operator named; null = Debian's. */
  readonly rules: string | null
  readonly log: { error(fields: object, message: string): void }
  readonly counts: FirewallCounts
  /** Milliseconds of a processor that rules may use for one request. */
  readonly budgetMs: number
  /** Nobody waits longer than this for their turn, in milliseconds. */
  readonly patienceMs: number
  /** Program of the inspector; tests put another one there. */
  readonly program?: URL
}

/** Requests that wait in a lane, and the bytes of their bodies. */
const waitingMax = 256
const waitingBytesMax = 64 * 1024 * 1024
/** Loading the rules takes a tenth of a second, on a machine that is busy ten times that. */
const startPatienceMs = 20_000
/** Of the processor. Who has less of it than that hangs; who has more works, and may use the whole budget. */
const leastShare = 1 / 4
const lookEveryMs = 200
const idleMs = 600_000

/** `exhausted`: the rules used up their time; null: there was too much to do, or the inspector ended over it. */
type Outcome = Answer | 'exhausted' | null

interface Waiting {
  readonly rules: FirewallSettings
  readonly request: Omit<ReceivedRequest, 'body'> | null
  readonly body: Uint8Array | null
  readonly since: number
  readonly resolve: (outcome: Outcome) => void
}

export class Lane {
  readonly #settings: LaneSettings
  /** By the number of the question, in the order in which they were asked, which is that of the answers. */
  #waiting = new Map<number, Waiting>()
  #bytes = 0
  #lastId = 0
  #inspector: InspectorProcess | null = null
  /** What this inspector was told of: it reads the rules once for each. */
  #prepared = new WeakSet<FirewallSettings>()
  #hasAnswered = false
  /** The question that it was at when somebody last looked, since when, and what it had used by then. */
  #front = 0
  #movedAt = 0
  #usedBefore = 0
  #watch: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(settings: LaneSettings) {
    this.#settings = settings
  }

  /** Whether these settings can be used. null: nothing can be asked. */
  async prepare(rules: FirewallSettings): Promise<Answer | null> {
    const outcome = await this.#ask(rules, null, null)
    return outcome === 'exhausted' ? null : outcome
  }

  async inspect(rules: FirewallSettings, { body, ...request }: ReceivedRequest): Promise<FirewallVerdict> {
    const outcome = await this.#ask(rules, request, body)
    if (outcome === 'exhausted') return { kind: 'exhausted' }
    if (outcome?.kind === 'judged')
      return { kind: 'judged', isAttack: outcome.isAttack, score: outcome.score, matches: outcome.matches }
    if (outcome?.kind === 'failed')
      this.#settings.log.error(
        { requestId: request.requestId, reason: outcome.reason },
        'the firewall could not judge',
      )
    return { kind: 'unavailable' }
  }

  close(): void {
    this.#isClosed = true
    this.#rest()
    for (const { resolve } of this.#waiting.values()) resolve(null)
    this.#waiting.clear()
  }

  #ask(rules: FirewallSettings, request: Waiting['request'], body: Uint8Array | null): Promise<Outcome> {
    const bytes = body?.length ?? 0
    if (this.#isClosed || this.#waiting.size >= waitingMax || this.#bytes + bytes > waitingBytesMax)
      return Promise.resolve(null)
    this.#bytes += bytes
    return new Promise((resolve) => {
      this.#post({ rules, request, body, since: performance.now(), resolve })
    })
  }

  #post(waiting: Waiting): void {
    const inspector = this.#current()
    if (waiting.request !== null && !this.#prepared.has(waiting.rules))
      this.#write(inspector, { ...waiting, request: null, body: null, resolve: () => undefined })
    this.#write(inspector, waiting)
  }

  #write(inspector: InspectorProcess, waiting: Waiting): void {
    const id = ++this.#lastId
    if (waiting.request === null) this.#prepared.add(waiting.rules)
    this.#waiting.set(id, waiting)
    inspector.ask({ id, settings: waiting.rules, request: waiting.request } satisfies Question, waiting.body)
  }

  #current(): InspectorProcess {
    if (this.#inspector !== null) return this.#inspector
    this.#hasAnswered = false
    this.#prepared = new WeakSet()
    this.#watch = setInterval(() => this.#look(), lookEveryMs).unref()
    this.#inspector = new InspectorProcess(this.#settings, {
      answered: (answer) => this.#hear(answer),
      ended: (reason) => this.#lost(reason, null),
    })
    return this.#inspector
  }

  #hear(answer: Answer): void {
    this.#hasAnswered = true
    this.#movedAt = performance.now()
    this.#settle(answer.id, answer)
  }

  #settle(id: number, outcome: Outcome): void {
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return
    this.#waiting.delete(id)
    this.#bytes -= waiting.body?.length ?? 0
    waiting.resolve(outcome)
  }

  #look(): void {
    const now = performance.now()
    const [front] = this.#waiting
    if (front === undefined) {
      if (now - this.#movedAt > idleMs) this.#rest()
      return
    }
    const { budgetMs, patienceMs } = this.#settings
    const [id, { request }] = front
    // They keep their places: what the inspector is at is told by who is first.
    for (const [other, { request, since, resolve }] of this.#waiting)
      if (other !== id && request !== null && now - since > patienceMs) resolve(null)
    const usedMs = this.#inspector?.usedMs() ?? 0
    if (id !== this.#front) {
      this.#front = id
      this.#movedAt = now
      this.#usedBefore = usedMs
      return
    }
    const passedMs = now - this.#movedAt
    const spentMs = usedMs - this.#usedBefore
    if (request !== null && spentMs > budgetMs)
      this.#lost('a request used up the time of the rules', 'exhausted')
    else if (
      request === null ? passedMs > startPatienceMs : passedMs > patienceMs && spentMs < passedMs * leastShare
    )
      this.#lost(`it gave no answer for ${Math.round(passedMs)} ms`, null)
  }

  /** @param outcome - of the request that it was at; the others are asked again */
  #lost(reason: string, outcome: Outcome): void {
    const { counts, log, patienceMs } = this.#settings
    counts.lost++
    // It works on one request at a time: the first that waits is the one it was lost with.
    const [first] = this.#waiting
    const requestId = first?.[1].request?.requestId ?? null
    log.error({ reason, requestId, waiting: this.#waiting.size }, 'an inspector of the firewall was lost')
    const hasAnswered = this.#hasAnswered
    this.#rest()
    if (first !== undefined) this.#settle(first[0], outcome)
    const others = this.#waiting
    this.#waiting = new Map()
    const now = performance.now()
    for (const waiting of others.values()) {
      // One that never answered anything would only be followed by others like it.
      if (hasAnswered && now - waiting.since < patienceMs) this.#post(waiting)
      else {
        this.#bytes -= waiting.body?.length ?? 0
        waiting.resolve(null)
      }
    }
  }

  #rest(): void {
    if (this.#watch !== null) clearInterval(this.#watch)
    this.#watch = null
    this.#inspector?.end()
    this.#inspector = null
  }
}
