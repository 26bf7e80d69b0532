// The blocklist: who may not call, for how long, and who said so. Verdicts of people and of systems that watch traffic.
import * as z from 'zod'
import { formatCidr, parseCidr } from '../cidr.ts'
import { idSchema } from '../ids.ts'
import { instant } from './wire.ts'

export const blockKinds = ['address', 'credential', 'application'] as const
export const blockKind = z
  .enum(blockKinds)
  .meta({ title: 'What', help: 'An address or a range, one credential, or all of an application' })
export type BlockKind = z.output<typeof blockKind>

/** The widest ranges that can be blocked: what is wider is a mistake, or somebody who wants an outage. */
const prefixMin = { 4: 8, 6: 16 } as const

export const blockTarget = z
  .strictObject({
    kind: blockKind,
    value: z.string().trim().min(1).max(64).meta({
      title: 'Value',
      help: 'An address such as 192.0.2.7, a range such as 192.0.2.0/24, or the id of a credential or an application',
    }),
  })
  .superRefine(({ kind, value }, ctx) => {
    const message = faultOf(kind, value)
    if (message !== null) ctx.addIssue({ code: 'custom', path: ['value'], message })
  })
export type BlockTarget = z.output<typeof blockTarget>

/** The same target, spelled the one way that is stored: `192.0.2.9/24` is `192.0.2.0/24`. */
export function canonicalTarget({ kind, value }: BlockTarget): BlockTarget {
  const range = kind === 'address' ? parseCidr(value) : null
  return range === null ? { kind, value } : { kind, value: formatCidr(range) }
}

function faultOf(kind: BlockKind, value: string): string | null {
  if (kind === 'address') {
    const range = parseCidr(value)
    if (range === null)
      return 'Use an address such as 192.0.2.7 or a range such as 192.0.2.0/24 or 2001:db8::/32'
    const least = prefixMin[range.family]
    return range.prefix < least ? `Use a range of at least /${least}: this one is too wide to be meant` : null
  }
  const prefix = kind === 'credential' ? 'key' : 'app'
  return idSchema(prefix).safeParse(value).success ? null : `Use the id of the ${kind}: ${prefix}_…`
}

export const blockSource = z
  .string()
  .trim()
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,62}$/, 'Use letters, digits, spaces, dots, hyphens and underscores')
  .meta({ title: 'Source', help: 'Which system says so. Two systems may block the same, each for itself' })

export const block = z.strictObject({
  id: idSchema('blk'),
  kind: blockKind,
  value: z.string(),
  reason: z.string(),
  source: z.string(),
  expiresAt: instant.nullable().meta({ title: 'Until', help: 'null: until it is lifted' }),
  isOver: z.boolean().meta({ title: 'It has expired' }),
  by: z.strictObject({ id: z.string(), name: z.string() }).meta({ title: 'Who wrote it last' }),
  createdAt: instant,
  updatedAt: instant,
})
export type Block = z.output<typeof block>

/** What a gateway has to know of a block. */
export const blockRecord = z.strictObject({
  id: z.string(),
  /** Whose APIs cannot be called; null: anybody's. */
  tenantId: z.string().nullable(),
  kind: blockKind,
  value: z.string(),
  source: z.string(),
  /** Unix milliseconds, or null. */
  expiresAt: z.int().nullable(),
})
export type BlockRecord = z.output<typeof blockRecord>

const changePrefix = 'block:'

/** How a block is named where changes of access are told: among the hashes of credentials. */
export const blockChange = (id: string) => `${changePrefix}${id}`

/** The id of a block by the name of a change; null when the change is one of a credential. */
export function changedBlock(change: string): string | null {
  return change.startsWith(changePrefix) ? change.slice(changePrefix.length) : null
}
