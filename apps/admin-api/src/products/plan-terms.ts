// A plan's terms in plain words, from the policies that enforce them: what the portal promises is what the gateway does.
import { policyInput } from '@gatewright/shared/policies/specs'
import type { Prisma } from '../generated/prisma/client.ts'

interface PlanPolicy {
  readonly type: string
  readonly name: string
  readonly enabled: boolean
  readonly config: Prisma.JsonValue
}

const number = new Intl.NumberFormat('en')
const units = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

/** `["100 requests per minute", "10,000 requests per calendar month"]`; an empty list means without limits. */
export function planTerms(policies: readonly PlanPolicy[]): string[] {
  return policies.flatMap(({ type, name, enabled, config }) => {
    if (!enabled) return []
    const { success, data } = policyInput.safeParse({ type, name, enabled, config })
    if (!success) return []
    switch (data.type) {
      case 'rate-limit':
        return [
          `${number.format(data.config.limit)} requests per ${duration(data.config.windowMs)}${data.config.algorithm === 'spike-arrest' ? ', evenly spread' : ''}`,
        ]
      case 'quota':
        return [
          `${number.format(data.config.limit)} requests per calendar ${data.config.period}${data.config.whenExceeded === 'allow' ? ', more are let through' : ''}`,
        ]
      case 'call-cost':
        return data.config.cost === 1 ? [] : [`each request counts as ${number.format(data.config.cost)}`]
      case 'body-limit':
        return [`requests of at most ${number.format(data.config.maxBytes)} bytes`]
      case 'ip-filter':
        return ['only from certain addresses']
      default:
        return []
    }
  })
}

function duration(ms: number): string {
  for (const [size, unit] of units) {
    if (ms % size === 0) return ms === size ? unit : `${ms / size} ${unit}s`
  }
  return `${number.format(ms)} ms`
}
