// The workers of one gateway: started, given the configuration, asked, restarted when they crash, sent home.
import { Worker } from 'node:worker_threads'
import type { Logger } from 'pino'
import type { Identity } from './config/compile.ts'
import { type SnapshotParcel, SnapshotRefused } from './config/parts.ts'
import type { Crew, Rollout } from './config/rollout.ts'
import type { FromWorker, Question, StaticCredentials, ToWorker, WorkerData } from './messages.ts'
import type { BlockChange } from './runtime/blocks/blocklist.ts'
import type { DatabaseStates } from './runtime/places/database-files.ts'
import type { NamedTables } from './runtime/reputation/list-folder.ts'
import { setCollectorFlags, youngGenerationMb } from './runtime/young-generation.ts'

export interface CrewSettings {
  readonly size: number
  readonly workerData: Omit<WorkerData, 'index'>
  /** How long a worker may take to finish its requests when it is sent home. */
  readonly drainMs: number
  /** Access revision that this gateway followed before it started. */
  readonly accessPosition: number
  /** All blocks that this gateway knows of; null: it has no blocklist. */
  readonly blocks: (() => BlockChange) | null
  readonly log: Logger
  /** What a worker says that is not an answer to the crew. `reply` is one and the same for the whole life of a worker. */
  readonly onMessage: (message: FromWorker, reply: (message: ToWorker) => void) => void
  /** A worker has ended. */
  readonly onEnd: (reply: (message: ToWorker) => void) => void
  /** A worker cannot serve at all, such as when its port is taken. */
  readonly onFailure: (reason: string) => void
}

export interface WorkerCrew extends Crew {
  /** Starts all workers; those that crash later come back with what is current in `rollout`. */
  start(rollout: Rollout): void
  /** Opens the port in every worker; from now on restarted ones open it too. */
  listen(): Promise<void>
  forget(hashes: readonly string[] | null, position: number, blocks: BlockChange | null): Promise<void>
  /** Tells all workers, also those that are started later, which guards are tripped. */
  setTripped(guards: readonly string[]): void
  /** Tells all workers, also those that are started later, with what sessions of TLS are sealed. */
  setTicketKeys(keys: Uint8Array): void
  /** Gives all workers, also those that are started later, the databases of places. */
  setPlaces(states: DatabaseStates): void
  /** Gives all workers, also those that are started later, the lists of addresses. */
  setAddressLists(lists: NamedTables): void
  /** The answers of all workers that live. */
  askAll(question: Question): Promise<unknown[]>
  askOne(question: Question): Promise<unknown>
  /** Resolves when every worker has finished its requests and ended. */
  drain(): Promise<void>
  readonly living: number
}

type Expected = (message: FromWorker) => boolean

interface Member {
  readonly index: number
  readonly thread: Worker
  /** Who waits for which message; null is told to all of them when the thread ends. */
  readonly waiting: Set<(message: FromWorker | null) => void>
  prepared: Identity | null
  readonly startedAt: number
  /** Its thread has ended. */
  isGone: boolean
}

// A worker that crashes at once is not started in a loop that eats the machine.
const restartDelaysMs = [0, 250, 1_000, 5_000]
const stableAfterMs = 10_000
// Longer than any snapshot takes to compile: a worker that does not answer by then never will.
const hangMs = 60_000

const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

export function createCrew({
  size,
  workerData,
  drainMs,
  accessPosition,
  blocks: allBlocks,
  log,
  onMessage,
  onEnd,
  onFailure,
}: CrewSettings): WorkerCrew {
  const members = new Map<number, Member>()
  const crashes = new Map<number, number>()
  let rollout: Rollout | null = null
  let isListening = false
  let isLeaving = false
  let nextId = 1
  let position = accessPosition
  let tripped: readonly string[] = []
  let ticketKeys: Uint8Array | null = null
  let places: DatabaseStates | null = null
  let addressLists: NamedTables = []

  setCollectorFlags()

  function spawn(index: number): Member {
    const thread = new Worker(workerUrl, {
      workerData: { ...workerData, index },
      name: `gateway-worker-${index}`,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    })
    const member: Member = {
      index,
      thread,
      waiting: new Set(),
      prepared: null,
      startedAt: performance.now(),
      isGone: false,
    }
    members.set(index, member)
    const reply = (message: ToWorker) => thread.postMessage(message)
    // Before anything else: records of keys that are older than this are not to be trusted.
    reply({ kind: 'access', hashes: [], position, blocks: allBlocks?.() ?? null })
    thread.postMessage({ kind: 'tripped', guards: tripped } satisfies ToWorker)
    if (ticketKeys !== null) reply({ kind: 'ticket-keys', keys: ticketKeys })
    if (places !== null) reply({ kind: 'places', states: places })
    if (addressLists.length > 0) reply({ kind: 'address-lists', lists: addressLists })
    thread.on('message', (message: FromWorker) => {
      for (const heard of [...member.waiting]) heard(message)
      if (message.kind === 'failed') onFailure(message.reason)
      else onMessage(message, reply)
    })
    thread.on('error', (error) => log.error({ worker: index, err: error }, 'worker crashed'))
    thread.on('exit', (code) => {
      members.delete(index)
      member.isGone = true
      for (const heard of [...member.waiting]) heard(null)
      onEnd(reply)
      if (!isLeaving) restart(member, code)
    })
    return member
  }

  function restart({ index, startedAt }: Member, code: number) {
    const wasStable = performance.now() - startedAt > stableAfterMs
    const count = wasStable ? 0 : (crashes.get(index) ?? 0)
    crashes.set(index, count + 1)
    const delayMs = restartDelaysMs[Math.min(count, restartDelaysMs.length - 1)] ?? 0
    log.error({ worker: index, code, delayMs }, 'worker ended; it is started again')
    setTimeout(() => {
      if (!isLeaving) void bringUp(spawn(index))
    }, delayMs)
  }

  /** A worker that comes back serves what the others serve before it takes connections. */
  async function bringUp(member: Member): Promise<void> {
    await rollout?.withCurrent(async ({ parcel, credentials }) => {
      const refusal = await prepareOne(member, parcel, credentials)
      if (refusal === null) {
        await commitOne(member, { revision: parcel.revision, hash: parcel.hash })
        return
      }
      // It would answer 503 on the port that it shares with those that serve.
      log.error(
        { worker: member.index, reason: refusal.message },
        'a restarted worker cannot serve; it is ended',
      )
      await member.thread.terminate()
    })
    if (isListening) await listenOne(member)
  }

  /** Says something and waits for its answer; null when the worker ended first. One that hangs is ended. */
  function exchange(
    member: Member,
    message: ToWorker,
    isAnswer: Expected,
    patienceMs = hangMs,
  ): Promise<FromWorker | null> {
    if (member.isGone) return Promise.resolve(null)
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        log.error({ worker: member.index, waitingFor: message.kind }, 'worker hangs; it is ended')
        void member.thread.terminate()
      }, patienceMs)
      const heard = (answer: FromWorker | null) => {
        if (answer !== null && !isAnswer(answer)) return
        clearTimeout(timer)
        member.waiting.delete(heard)
        resolve(answer)
      }
      member.waiting.add(heard)
      member.thread.postMessage(message)
    })
  }

  /** Why it would not; null when it is ready. */
  async function prepareOne(
    member: Member,
    parcel: SnapshotParcel,
    credentials: StaticCredentials | null,
  ): Promise<SnapshotRefused | null> {
    const identity = { revision: parcel.revision, hash: parcel.hash }
    const answer = await exchange(
      member,
      { kind: 'prepare', parcel, credentials },
      (it) => (it.kind === 'prepared' || it.kind === 'refused') && isSame(it.identity, identity),
    )
    if (answer === null)
      return new SnapshotRefused(`worker ${member.index} ended while it compiled the snapshot`)
    if (answer.kind === 'refused') return new SnapshotRefused(answer.reason, { isPassing: answer.isPassing })
    member.prepared = identity
    return null
  }

  async function commitOne(member: Member, identity: Identity): Promise<void> {
    await exchange(
      member,
      { kind: 'commit', identity },
      (it) => it.kind === 'committed' && isSame(it.identity, identity),
    )
  }

  async function listenOne(member: Member): Promise<void> {
    await exchange(member, { kind: 'listen' }, (it) => it.kind === 'listening' || it.kind === 'failed')
  }

  function all<T>(action: (member: Member) => Promise<T>): Promise<T[]> {
    return Promise.all(Array.from(members.values(), action))
  }

  async function ask(member: Member, question: Question): Promise<unknown> {
    const id = nextId++
    const answer = await exchange(
      member,
      { kind: 'ask', id, question },
      (it) => it.kind === 'answer' && it.id === id,
    )
    return answer?.kind === 'answer' ? answer.value : undefined
  }

  return {
    start(given) {
      rollout = given
      for (let index = 0; index < size; index++) spawn(index)
    },
    async listen() {
      isListening = true
      await all(listenOne)
    },
    async prepare(parcel, credentials) {
      const refusals = await all((member) => prepareOne(member, parcel, credentials))
      const refusal = refusals.find((it) => it !== null)
      if (refusal) throw refusal
    },
    async commit(identity) {
      await all(async (member) => {
        // One that was started since the others prepared gets it next, from `bringUp`.
        if (isSame(member.prepared, identity)) await commitOne(member, identity)
      })
    },
    abort(identity) {
      for (const { thread } of members.values()) {
        thread.postMessage({ kind: 'abort', identity } satisfies ToWorker)
      }
    },
    async forget(hashes, next, blocks) {
      position = next
      await all((member) =>
        exchange(
          member,
          { kind: 'access', hashes, position: next, blocks },
          (it) => it.kind === 'access-applied' && it.position === next,
        ),
      )
    },
    setTripped(guards) {
      tripped = guards
      for (const { thread } of members.values()) {
        thread.postMessage({ kind: 'tripped', guards } satisfies ToWorker)
      }
    },
    setTicketKeys(keys) {
      ticketKeys = keys
      for (const { thread } of members.values()) {
        thread.postMessage({ kind: 'ticket-keys', keys } satisfies ToWorker)
      }
    },
    setPlaces(states) {
      places = states
      for (const { thread } of members.values()) {
        thread.postMessage({ kind: 'places', states } satisfies ToWorker)
      }
    },
    setAddressLists(lists) {
      addressLists = lists
      for (const { thread } of members.values()) {
        thread.postMessage({ kind: 'address-lists', lists } satisfies ToWorker)
      }
    },
    async askAll(question) {
      const answers = await all((member) => ask(member, question))
      return answers.filter((answer) => answer !== undefined)
    },
    async askOne(question) {
      const [member] = members.values()
      return member ? ask(member, question) : undefined
    },
    async drain() {
      isLeaving = true
      await all(async (member) => {
        await exchange(member, { kind: 'drain' }, (it) => it.kind === 'drained', drainMs + hangMs)
        await member.thread.terminate()
      })
    },
    get living() {
      return members.size
    },
  }
}

function isSame(a: Identity | null, b: Identity): boolean {
  return a !== null && a.revision === b.revision && a.hash === b.hash
}
