// Stages, the gateways that serve them, and the revisions that tell their history.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { instant } from './wire.ts'

export const environment = z.strictObject({
  id: idSchema('env'),
  name: slug,
  title: z.string(),
  production: z.boolean(),
  gatewayUrl: z.url().meta({ title: 'Public URL of its gateways' }),
  groups: z.array(slug).meta({ title: 'Gateway groups' }),
  revision: z.int(),
  accessRevision: z.int(),
})
export type Environment = z.output<typeof environment>

export const gateway = z.strictObject({
  id: z.string(),
  group: slug,
  state: z.enum(['live', 'lagging', 'refused', 'gone']).meta({
    help: 'live: runs the newest revision · lagging: not yet · refused: would not load it · gone: silent for 10 s',
  }),
  version: z.string(),
  workers: z.int(),
  revision: z.int(),
  accessRevision: z.int(),
  hash: z.string().nullable(),
  drift: z.boolean().meta({ title: 'Runs other content than the environment’s revision says' }),
  refusal: z.strictObject({ revision: z.int(), reason: z.string(), at: instant }).nullable(),
  events: z.strictObject({ sent: z.int(), spooled: z.int(), dropped: z.int() }),
  startedAt: instant,
  seenAt: instant,
})
export type Gateway = z.output<typeof gateway>

/** One thing that differs between two states: `pointer` is a readable path such as `routes/GET /books/policies/rate-limit/limit`. */
export const change = z.strictObject({
  kind: z.enum(['added', 'removed', 'changed', 'moved']),
  pointer: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
})
export type Change = z.output<typeof change>

export const revision = z.strictObject({
  environment: slug,
  number: z.int(),
  hash: z.string().nullable().meta({ title: 'Snapshot hash; null until it was built' }),
  reason: z.string(),
  action: z.string(),
  actor: z.string(),
  createdAt: instant,
  current: z.boolean(),
  changes: z.array(change),
})
export type Revision = z.output<typeof revision>
