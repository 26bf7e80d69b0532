// What is offered and who uses it: products, plans, applications, subscriptions, credentials.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { instant, version } from './wire.ts'

export const approval = z.enum(['auto', 'manual']).meta({ title: 'Approval' })

/** Terms in plain words, computed from the plan's policies: "100 requests per minute". */
const terms = z.array(z.string())

const team = z.strictObject({ name: slug, title: z.string() })

/** What a plan promises of each day; null = nothing. */
export const serviceLevel = z.strictObject({
  p95Ms: z.int().min(1).max(600_000).nullable().default(null).meta({
    title: 'p95 below',
    help: 'Milliseconds: so fast are 95 of 100 calls of a day',
  }),
  availability: z.number().min(0).max(100).nullable().default(null).meta({
    title: 'Availability of at least',
    help: 'Per cent of the calls of a day that do not end with a failure of the service (5xx)',
  }),
})

export const plan = z.strictObject({
  id: idSchema('pln'),
  name: slug,
  title: z.string(),
  description: z.string(),
  approval,
  price: z.string().meta({ title: 'Price', help: 'Shown as it is, such as "free" or "€ 49 a month"' }),
  serviceLevel,
  archived: z.boolean(),
  terms,
  subscriberCount: z.int(),
  version,
})

export const product = z.strictObject({
  id: idSchema('prd'),
  name: slug,
  title: z.string(),
  description: z.string(),
  versions: z.array(
    z.strictObject({
      id: idSchema('ver'),
      apiName: slug,
      apiTitle: z.string(),
      name: slug,
      lifecycle: z.string(),
    }),
  ),
  plans: z.array(plan),
  archived: z.boolean(),
  version,
  createdAt: instant,
})
export type Product = z.output<typeof product>

export const subscriptionState = z.enum(['pending', 'active', 'rejected', 'suspended', 'cancelled'])
export type SubscriptionState = z.output<typeof subscriptionState>

/** Legal steps of a subscription; everything else is `state_conflict`. */
export const subscriptionSteps: Readonly<Record<SubscriptionState, readonly SubscriptionState[]>> = {
  pending: ['active', 'rejected', 'cancelled'],
  active: ['suspended', 'cancelled'],
  suspended: ['active', 'cancelled'],
  rejected: [],
  cancelled: [],
}

export const credential = z.strictObject({
  id: idSchema('key'),
  name: z.string(),
  environment: slug,
  prefix: z.string(),
  last4: z.string(),
  state: z.enum(['active', 'revoked', 'expired']),
  expiresAt: instant.nullable(),
  rotatedTo: idSchema('key').nullable().meta({ title: 'Successor; both work until this one expires' }),
  lastUsedAt: instant.nullable(),
  createdAt: instant,
  revokedAt: instant.nullable(),
})

/** A fresh key: the only answer that ever carries the secret. */
export const issuedCredential = credential.extend({
  key: z.string().meta({ title: 'Key', help: 'Shown once', secret: true }),
})

export const subscription = z.strictObject({
  id: idSchema('sub'),
  application: z.strictObject({
    id: idSchema('app'),
    name: slug,
    title: z.string(),
    owner: z.strictObject({ id: idSchema('usr'), name: z.string(), email: z.email() }),
    team: team.nullable().meta({ title: 'The other team whose application it is; null = yours' }),
  }),
  product: z.strictObject({
    id: idSchema('prd'),
    name: slug,
    title: z.string(),
    provider: team.nullable().meta({ title: 'The other team that offers it; null = yours' }),
  }),
  plan: z.strictObject({ id: idSchema('pln'), name: slug, title: z.string(), terms }),
  state: subscriptionState,
  note: z.string().nullable().meta({ title: 'What the requester or the decider wrote last' }),
  history: z.array(
    z.strictObject({ state: subscriptionState, at: instant, actor: z.string(), note: z.string().nullable() }),
  ),
  version,
  createdAt: instant,
})
export type Subscription = z.output<typeof subscription>

export const application = z.strictObject({
  id: idSchema('app'),
  name: slug,
  title: z.string(),
  description: z.string(),
  owner: z.strictObject({ id: idSchema('usr'), name: z.string(), email: z.email() }),
  groups: z.array(slug).meta({ title: 'Groups', help: 'Rules about callers speak of them' }),
  credentialCount: z.int(),
  subscriptionCount: z.int(),
  version,
  createdAt: instant,
})
export type Application = z.output<typeof application>
