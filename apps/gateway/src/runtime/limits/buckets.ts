// A rule and the name of a caller → the counter that stands for both.
import { createCalendar } from '@gatewright/shared/calendar'
import { counterKey } from '@gatewright/shared/channels'
import type { LimitRule } from '@gatewright/shared/policies/policy'
import type { Bucket } from './store.ts'

// Counters of global limits live under a tag of their own.
const everybody = 'all'

/** `nowMs` counts only where the calendar decides. */
export function createBuckets(rule: LimitRule): (name: string, nowMs: number) => Bucket {
  const owner = rule.tenantId ?? everybody
  const { window, environment } = rule
  // The algorithm is in the name: a rule that changes it starts anew instead of misreading what it finds.
  const keyOf = (prefix: string, name: string) => counterKey(owner, environment, rule.id, `${prefix}:${name}`)
  switch (window.kind) {
    case 'fixed':
      return (name) => ({
        algorithm: 'fixed',
        key: keyOf('f', name),
        owner,
        limit: window.limit,
        windowMs: window.windowMs,
        opensWithCall: true,
      })
    case 'sliding-log':
      return (name) => ({
        algorithm: 'sliding-log',
        key: keyOf('s', name),
        owner,
        limit: window.limit,
        windowMs: window.windowMs,
        opensWithCall: false,
      })
    case 'token-bucket': {
      const windowMs = (window.burst / window.perSecond) * 1000
      return (name) => ({
        algorithm: 'token-bucket',
        key: keyOf('t', name),
        owner,
        limit: window.burst,
        windowMs,
        opensWithCall: false,
      })
    }
    // A bucket with room for one: the next call passes when it is full again.
    case 'paced': {
      const windowMs = 1000 / window.perSecond
      return (name) => ({
        algorithm: 'token-bucket',
        key: keyOf('p', name),
        owner,
        limit: 1,
        windowMs,
        opensWithCall: false,
      })
    }
    case 'calendar': {
      const periodAt = createCalendar(window.period, window.timeZone)
      return (name, nowMs) => {
        const period = periodAt(nowMs)
        return {
          algorithm: 'fixed',
          key: keyOf(period.name, name),
          owner,
          limit: window.limit,
          windowMs: Math.max(1, Math.ceil(period.endMs - nowMs)),
          opensWithCall: false,
        }
      }
    }
  }
}
