// lockout: whoever fails too often to prove who they are is turned away for a while, by address, at all gateways.
import * as z from 'zod'
import { callerNetwork } from '../cidr.ts'
import { securityCategory } from '../security-event.ts'
import { whenUnavailable } from './counted-by.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse, type Taken, type Verdict } from './policy.ts'

export const spec = defineSpec({
  type: 'lockout',
  stage: 'edge',
  title: 'Lock-out',
  summary: 'Turns away an address for a while after too many failed attempts to prove who calls.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z.strictObject({
    failures: z.int().min(2).max(10_000).default(10).meta({
      title: 'Failed attempts',
      help: 'Keys and tokens that were refused; a call without any is none',
    }),
    windowMs: z
      .int()
      .min(1_000)
      .max(86_400_000)
      .default(300_000)
      .meta({ title: 'Within', widget: 'duration' }),
    lockMs: z.int().min(1_000).max(86_400_000).default(900_000).meta({
      title: 'Locked out for',
      widget: 'duration',
    }),
    statuses: z
      .array(z.int().min(400).max(499).meta({ title: 'Status' }))
      .max(10)
      .default([])
      .meta({
        title: 'Answers of the API that are a failure, too',
        help: 'Such as 401 on a route where people sign in',
      }),
    whenUnavailable,
  }),
  example: { failures: 10, windowMs: 300_000, lockMs: 900_000 },
})

/** What a worker knows of an address: so long it asks nobody. */
interface Known {
  /** Unix milliseconds. */
  readonly lockedUntilMs: number
  readonly askAgainMs: number
}

/** How late a lock of another gateway is noticed at most, by an address that keeps calling. */
const askEveryMs = 1_000
const knownMax = 20_000
const unavailable = refuse('limits_unavailable', { retryAfterMs: 1_000 })

export const policy = definePolicy(spec, (config, { counters, environment }, at) => {
  const rule = {
    tenantId: at.tenantId,
    environment,
    mode: 'strict',
    whenUnavailable: config.whenUnavailable,
  } as const
  const failures = counters.limiter({
    ...rule,
    id: `${at.id}:failures`,
    window: { kind: 'fixed', limit: config.failures, windowMs: config.windowMs },
  })
  // Held by one call, for as long as the lock lasts.
  const lock = counters.limiter({
    ...rule,
    id: `${at.id}:lock`,
    window: { kind: 'fixed', limit: 1, windowMs: config.lockMs },
  })
  const statuses = new Set(config.statuses)
  const known = new Map<string, Known>()

  function remember(network: string, it: Known): void {
    known.delete(network)
    known.set(network, it)
    if (known.size > knownMax) known.delete(known.keys().next().value ?? '')
  }

  function judge(ctx: PolicyContext, network: string, looked: Taken): Verdict {
    const nowMs = ctx.receivedAtMs
    if (looked.kind === 'unavailable') return unavailable
    const isLocked = looked.remaining <= 0
    remember(network, {
      lockedUntilMs: isLocked ? nowMs + looked.resetMs : 0,
      askAgainMs: isLocked ? nowMs + looked.resetMs : nowMs + askEveryMs,
    })
    return isLocked ? lockedOut(ctx, looked.resetMs) : undefined
  }

  function counted(network: string, nowMs: number, taken: Taken): void {
    if (taken.kind === 'unavailable' || (taken.kind === 'taken' && taken.remaining > 0)) return
    const locked = lock.take(network, 1, nowMs)
    remember(network, { lockedUntilMs: nowMs + config.lockMs, askAgainMs: nowMs + config.lockMs })
    // Whether it was locked already makes no difference; a failure to say so leaves this worker's own lock.
    if (locked instanceof Promise) locked.catch(() => undefined)
  }

  return {
    request(ctx) {
      const network = callerNetwork(ctx.clientAddress)
      const nowMs = ctx.receivedAtMs
      const it = known.get(network)
      if (it !== undefined && it.askAgainMs > nowMs)
        return it.lockedUntilMs > nowMs ? lockedOut(ctx, it.lockedUntilMs - nowMs) : undefined
      const looked = lock.take(network, 0, nowMs)
      return looked instanceof Promise
        ? looked.then((result) => judge(ctx, network, result))
        : judge(ctx, network, looked)
    },
    done(ctx) {
      if (!isFailure(ctx, statuses) || ctx.cost === 0) return
      const network = callerNetwork(ctx.clientAddress)
      const nowMs = ctx.receivedAtMs
      const taken = failures.take(network, 1, nowMs)
      if (taken instanceof Promise)
        taken.then((result) => counted(network, nowMs, result)).catch(() => undefined)
      else counted(network, nowMs, taken)
    },
  }
})

/** A credential was sent and refused, or the API said so itself. */
function isFailure({ reason, status }: PolicyContext, statuses: ReadonlySet<number>): boolean {
  if (reason === null) return statuses.has(status)
  return securityCategory(reason) === 'authentication' && !reason.endsWith('_missing')
}

function lockedOut(ctx: PolicyContext, forMs: number): Verdict {
  ctx.reportSecurity({ kind: 'lockout', action: 'blocked', score: null, rules: [], detail: null })
  return refuse('client_locked_out', { retryAfterMs: forMs })
}
