// The guard of a canary that tripped: how it is named, and what gateways tell each other of it.
import * as z from 'zod'
import { canonicalJson } from '../canonical.ts'
import type { Traffic } from './traffic.ts'

/** What every guard id of a version begins with: to forget its trips, remove the fields of `guardsKey` that do. */
export const guardPrefix = (versionId: string) => `${versionId}:`

/** Other shares or bounds are another guard, which has seen nothing yet. */
export const guardId = (versionId: string, { shares, guard }: Pick<Traffic, 'shares' | 'guard'>) =>
  `${guardPrefix(versionId)}${canonicalJson([shares, guard])}`

export const guardTrip = z.strictObject({
  versionId: z.string(),
  reason: z.string().meta({ title: 'Such as "canary: 12.5 % errors of 48 requests"' }),
  at: z.int().meta({ title: 'Unix milliseconds' }),
})
export type GuardTrip = z.output<typeof guardTrip>
