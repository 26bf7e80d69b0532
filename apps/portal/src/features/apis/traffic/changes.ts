// What a new spread of traffic would change, in words a person checks before saving.

import type { Traffic } from '@gatewright/shared/model/traffic'

export type TrafficChange =
  | { kind: 'share'; upstream: string; before: number; after: number }
  | { kind: 'returnsTo'; upstream: string }
  | { kind: 'rules'; before: number; after: number }
  | { kind: 'stickiness' }
  | { kind: 'guard' | 'mirror'; turned: 'on' | 'off' | 'changed' }

export function trafficChanges(before: Traffic, after: Traffic): TrafficChange[] {
  const names = [...new Set([...before.shares, ...after.shares].map(({ upstream }) => upstream))]
  const first = after.shares[0]?.upstream
  return [
    ...names.flatMap((upstream): TrafficChange[] => {
      const [was, is] = [weightOf(before, upstream), weightOf(after, upstream)]
      return was === is ? [] : [{ kind: 'share', upstream, before: was, after: is }]
    }),
    ...(first !== undefined && after.shares.length > 1 && (before.shares[0]?.upstream ?? first) !== first
      ? [{ kind: 'returnsTo', upstream: first } as const]
      : []),
    ...(same(before.rules, after.rules)
      ? []
      : [{ kind: 'rules', before: before.rules.length, after: after.rules.length } as const]),
    ...(same(before.stickiness, after.stickiness) ? [] : [{ kind: 'stickiness' } as const]),
    ...turned('guard', before.guard, after.guard),
    ...turned('mirror', before.mirror, after.mirror),
  ]
}

/** Without shares everything goes to the upstream called default. */
export function sharesOf(traffic: Traffic): Traffic['shares'] {
  return traffic.shares.length > 0 ? traffic.shares : [{ upstream: 'default', weight: 100 }]
}

function weightOf(traffic: Traffic, upstream: string): number {
  return sharesOf(traffic).find((share) => share.upstream === upstream)?.weight ?? 0
}

function turned(kind: 'guard' | 'mirror', before: unknown, after: unknown): TrafficChange[] {
  if (same(before, after)) return []
  return [{ kind, turned: before === null ? 'on' : after === null ? 'off' : 'changed' }]
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
