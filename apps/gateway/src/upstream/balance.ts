// Spreads the requests of a service over its targets; which way is decided once, whenever the targets that may be used change.
import { readCookie } from '@gatewright/shared/cookies'
import type { Balancing } from '@gatewright/shared/model/upstream'
import type { Caller } from './call.ts'
import type { Clock } from './clock.ts'
import { createRendezvous } from './consistent-hash.ts'
import type { Target } from './target.ts'

export type Pick = (caller: Caller) => Target | null

/** `targets`: those that may be used, each with a share above 0. Picking allocates nothing. */
export function createPick(balancing: Balancing, targets: readonly Target[], clock: Clock): Pick {
  const [first] = targets
  if (first === undefined) return () => null
  if (targets.length === 1) return () => first
  switch (balancing.algorithm) {
    case 'round-robin':
      return roundRobin(targets, clock)
    case 'least-connections':
      return leastConnections(targets)
    case 'peak-ewma':
      return fasterOfTwo(targets, clock)
    case 'hash':
      return byHash(balancing, targets, clock)
  }
}

/** Smooth weighted round robin: weights 5, 1, 1 give a a b a c a a. */
function roundRobin(targets: readonly Target[], clock: Clock): Pick {
  const shares = targets.map(({ share }) => share)
  const total = shares.reduce((sum, share) => sum + share, 0)
  const credits = shares.map(() => 0)

  /** Everyone earns its share; who has most is next, and pays for all. */
  function pick(): Target {
    let best = 0
    for (let i = 0; i < credits.length; i++) {
      credits[i] = (credits[i] as number) + (shares[i] as number)
      if ((credits[i] as number) > (credits[best] as number)) best = i
    }
    credits[best] = (credits[best] as number) - total
    return targets[best] as Target
  }

  // Workers start at different places, so that few requests over many workers do not all meet the first target.
  for (let skip = Math.floor(clock.random() * targets.length); skip > 0; skip--) pick()
  return pick
}

/** The fewest open requests for its share; those that are equal in that take turns by their shares. */
function leastConnections(targets: readonly Target[]): Pick {
  const credits = targets.map(() => 0)
  return () => {
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < targets.length; i++) {
      const { load, share } = targets[i] as Target
      const burden = load.open / share
      if (burden < least) least = burden
    }
    let total = 0
    let best = -1
    for (let i = 0; i < targets.length; i++) {
      const { load, share } = targets[i] as Target
      if (load.open / share !== least) continue
      total += share
      credits[i] = (credits[i] as number) + share
      if (best < 0 || (credits[i] as number) > (credits[best] as number)) best = i
    }
    credits[best] = (credits[best] as number) - total
    return targets[best] as Target
  }
}

/** What a running request counts at a target that has not answered yet, milliseconds: it may be a hole. */
const unknownLatencyMs = 1_000

/** Power of two choices: two at random, and of these the one that is expected to answer first. */
function fasterOfTwo(targets: readonly Target[], clock: Clock): Pick {
  const count = targets.length
  return () => {
    const nowMs = clock.nowMs()
    const i = Math.floor(clock.random() * count)
    const j = (i + 1 + Math.floor(clock.random() * (count - 1))) % count
    const one = targets[i] as Target
    const other = targets[j] as Target
    return expectedMs(other, nowMs) < expectedMs(one, nowMs) ? other : one
  }
}

function expectedMs({ latency, load, share }: Target, nowMs: number): number {
  if (latency.samples === 0) return (unknownLatencyMs * load.open) / share
  return (latency.at(nowMs) * (load.open + 1)) / share
}

function byHash(
  { on, name }: Extract<Balancing, { algorithm: 'hash' }>,
  targets: readonly Target[],
  clock: Clock,
): Pick {
  const winner = createRendezvous(targets)
  // Who says nothing to stay by has no target of its own.
  const anyone = roundRobin(targets, clock)
  const field = name?.toLowerCase() ?? ''
  switch (on) {
    case 'address':
      return ({ clientAddress }) => winner(clientAddress)
    case 'principal':
      return ({ principal, clientAddress }) => winner(principal?.applicationId ?? clientAddress)
    case 'header':
      return (caller) => {
        const value = caller.header(field)
        return value === undefined ? anyone(caller) : winner(value)
      }
    case 'cookie':
      return (caller) => {
        const cookies = caller.header('cookie')
        const value = cookies === undefined ? undefined : readCookie(cookies, name ?? '')
        return value === undefined ? anyone(caller) : winner(value)
      }
  }
}
