// Functions of teams as a worker has them: each in its turn, none for long, and one that had to be stopped rests before it runs again.
import { Worker } from 'node:worker_threads'
import type { AuthorizerReply } from '@gatewright/shared/policies/authorizer-ports'
import { dropOldest } from '../oldest.ts'
import type { FromFunctions, LoadFault, ToFunctions } from './function-messages.ts'

export interface TeamFunction {
  /** Never throws. */
  run(facts: string, timeoutMs: number): Promise<AuthorizerReply>
}

export interface Functions {
  open(source: string): TeamFunction
  /** Resolves when every function that was opened since is loaded, with what is wrong with those that cannot be. */
  settled(): Promise<readonly LoadFault[]>
  close(): void
}

interface Waiting {
  readonly facts: string
  readonly endsAt: number
  readonly answer: (reply: AuthorizerReply) => void
}

interface Entry {
  readonly id: number
  readonly source: string
  readonly waiting: Waiting[]
  /** The thread, by its number, that has loaded it. */
  loadedIn: number
  /** Moment of `performance.now` until which it is not run. */
  restsUntil: number
  /** Why it rests. */
  restReason: string
}

const functionsMax = 2_000
/** Each may have grown to its 16 MB; the one that rested for longest makes room, and is loaded again when it is called. */
const loadedMax = 64
const waitingMax = 100
const settledMs = 2_000
/** The engine stops a function after 50 ms, unless it is deep in one instruction: then the thread is what is stopped. */
const stuckMs = 500
const restMs = 10_000
const loadMs = 2_000

const fromSource = import.meta.url.endsWith('.ts')
const threadUrl = new URL(fromSource ? './function-thread.ts' : './function-thread.js', import.meta.url)
const execArgv = ['--disable-warning=ExperimentalWarning', ...(fromSource ? ['--conditions=source'] : [])]

export function createFunctions(): Functions {
  const entries = new Map<string, Entry>()
  const faults = new Map<string, LoadFault>()
  /** Functions with calls that wait, in the order in which they have their turn: one call each. */
  const turns: Entry[] = []
  const loads = new Set<Promise<void>>()
  const loaded = new Set<Entry>()
  let ids = 0
  let threads = 0
  let thread: Worker | null = null
  let busy: { readonly heard: (message: FromFunctions | null) => void } | null = null

  function start(): Worker {
    const worker = new Worker(threadUrl, {
      name: 'gateway-functions',
      // What teams write runs without what this process was told.
      env: {},
      execArgv,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    })
    threads++
    worker.on('message', (message: FromFunctions) => {
      if (thread === worker) busy?.heard(message)
    })
    // It ended by itself, which no function should be able to bring about.
    worker.on('error', () => undefined)
    worker.on('exit', () => {
      if (thread !== worker) return
      thread = null
      busy?.heard(null)
    })
    worker.unref()
    thread = worker
    return worker
  }

  function stop(): void {
    void thread?.terminate()
    thread = null
    loaded.clear()
  }

  /** Says one thing to the thread and hears its answer; null = there was none in time, and the thread is gone. */
  function exchange(message: ToFunctions, patienceMs: number): Promise<FromFunctions | null> {
    const worker = thread ?? start()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        stop()
        done(null)
      }, patienceMs)
      const done = (answer: FromFunctions | null) => {
        clearTimeout(timer)
        busy = null
        resolve(answer)
      }
      busy = { heard: done }
      worker.postMessage(message)
    })
  }

  async function load(entry: Entry): Promise<LoadFault | null> {
    // A thread takes its time to start, which is not the function's.
    const answer = await exchange({ kind: 'load', id: entry.id, source: entry.source }, loadMs)
    if (answer?.kind !== 'loaded') return { reason: 'it could not be loaded', isUnread: false }
    if (answer.isBroken) stop()
    else if (answer.fault === null) {
      entry.loadedIn = threads
      makeRoom(entry)
    }
    return answer.fault
  }

  /** Keeps the ones that ran last. */
  function makeRoom(latest: Entry): void {
    loaded.delete(latest)
    loaded.add(latest)
    const [oldest] = loaded
    if (oldest === undefined || loaded.size <= loadedMax) return
    loaded.delete(oldest)
    oldest.loadedIn = 0
    thread?.postMessage({ kind: 'drop', id: oldest.id } satisfies ToFunctions)
  }

  function rest(entry: Entry, reason: string): void {
    entry.restsUntil = performance.now() + restMs
    entry.restReason = reason
  }

  async function runOne(entry: Entry, { facts, endsAt, answer }: Waiting): Promise<void> {
    const now = performance.now()
    if (now >= endsAt) return answer({ kind: 'late', reason: 'it waited for its turn for too long' })
    if (now < entry.restsUntil) return answer({ kind: 'unavailable', reason: entry.restReason })
    if (thread === null || entry.loadedIn !== threads) {
      const fault = await load(entry)
      if (fault !== null) {
        // Loading takes far longer than a call: tried with each of them, it would leave no time for others.
        rest(entry, fault.reason)
        return answer({ kind: 'unavailable', reason: fault.reason })
      }
    }
    makeRoom(entry)
    const reply = await exchange({ kind: 'run', id: entry.id, facts }, stuckMs)
    if (reply?.kind !== 'ran') {
      rest(entry, 'it had to be stopped a moment ago')
      return answer({ kind: 'late', reason: `it had to be stopped after ${stuckMs} ms` })
    }
    const { ran } = reply
    if (ran.kind === 'late')
      return answer({ kind: 'late', reason: 'it ran for more than 50 ms of the processor' })
    if (ran.kind === 'fault') return answer({ kind: 'unavailable', reason: ran.reason })
    answer({ kind: 'answered', value: JSON.parse(ran.json) })
  }

  async function runNext(): Promise<void> {
    const entry = turns.shift()
    const next = entry?.waiting.shift()
    if (entry === undefined || next === undefined) return
    if (entry.waiting.length > 0) turns.push(entry)
    try {
      await runOne(entry, next)
    } catch (error) {
      next.answer({ kind: 'unavailable', reason: String(error) })
    }
  }

  let last: Promise<void> = Promise.resolve()

  /** One after the other: the thread does one thing at a time, and a call that waits here can still be given up. */
  function inTurn(task: () => Promise<void>): Promise<void> {
    const done = last.then(task)
    // One that failed must not be the last one for ever.
    last = done.catch(() => undefined)
    return done
  }

  /** Ahead of the first call. */
  function loadAhead(entry: Entry): void {
    const loading = inTurn(async () => {
      const fault = await load(entry).catch((error) => ({ reason: String(error), isUnread: false }))
      if (fault === null) return
      rest(entry, fault.reason)
      faults.set(entry.source, fault)
    })
    loads.add(loading)
    void loading.finally(() => loads.delete(loading))
  }

  return {
    open(source) {
      let entry = entries.get(source)
      if (entry === undefined) {
        entry = { id: ++ids, source, waiting: [], loadedIn: 0, restsUntil: 0, restReason: '' }
        entries.set(source, entry)
        if (entries.size > functionsMax) dropOldest(entries)
        loadAhead(entry)
      }
      const own = entry
      return {
        run: (facts, timeoutMs) =>
          new Promise((answer) => {
            if (own.waiting.length >= waitingMax)
              return answer({ kind: 'unavailable', reason: `${waitingMax} requests wait for it` })
            own.waiting.push({ facts, endsAt: performance.now() + timeoutMs, answer })
            if (own.waiting.length === 1) turns.push(own)
            void inTurn(runNext)
          }),
      }
    },
    async settled() {
      let timer: NodeJS.Timeout | undefined
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, settledMs)
      })
      await Promise.race([Promise.all(loads), patience])
      clearTimeout(timer)
      const found = [...faults.values()]
      // Whoever mends it opens another source.
      for (const source of faults.keys()) entries.delete(source)
      faults.clear()
      return found
    },
    close: stop,
  }
}
