// Who uses it: applications, subscriptions with their approval, credentials.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import {
  application,
  credential,
  issuedCredential,
  subscription,
  subscriptionState,
} from '../model/access.ts'
import { instant, page, pageInput, propagation, reference, written } from '../model/wire.ts'
import { inApplication, inTenant, operation } from './operation.ts'

const title = z.string().trim().min(1).max(100).meta({ title: 'Title' })
const note = z.string().max(1000).meta({ title: 'Note' })
const own = ['application:own', 'application:read'] as const

export const applications = {
  list: operation(
    'GET',
    '/tenants/{tenant}/applications',
    own,
    'List applications: one’s own, or all with application:read',
  )
    .input(
      pageInput.extend({
        ...inTenant,
        search: z.string().max(200).optional(),
        owner: z.union([z.enum(['me', 'anyone']), idSchema('usr')]).default('anyone'),
      }),
    )
    .output(page(application)),
  get: operation('GET', '/tenants/{tenant}/applications/{application}', own, 'Read an application')
    .input(z.strictObject(inApplication))
    .output(application),
  create: operation('POST', '/tenants/{tenant}/applications', 'application:own', 'Create an application', {
    status: 201,
  })
    .input(
      z.strictObject({
        ...inTenant,
        name: slug.optional().meta({ help: 'Made from the title when left out' }),
        title,
        description: z.string().max(2000).default(''),
      }),
    )
    .output(application),
  update: operation(
    'PATCH',
    '/tenants/{tenant}/applications/{application}',
    'application:own',
    'Change an application',
    {
      concurrency: true,
    },
  )
    .input(
      z.strictObject({
        ...inApplication,
        title: title.optional(),
        description: z.string().max(2000).optional(),
      }),
    )
    .output(application),
  setGroups: operation(
    'PUT',
    '/tenants/{tenant}/applications/{application}/groups',
    'subscription:decide',
    'Put an application into groups',
    {
      concurrency: true,
      waitable: true,
      description:
        'Policies let callers in by these groups; its owner cannot give them to it. They hold within 2 s.',
    },
  )
    .input(z.strictObject({ ...inApplication, groups: z.array(slug).max(50) }))
    .output(application.extend(propagation.shape)),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/applications/{application}',
    'application:own',
    'Delete an application and revoke its keys',
    {
      concurrency: true,
      waitable: true,
    },
  )
    .input(z.strictObject(inApplication))
    .output(propagation),
}

export const subscriptions = {
  list: operation(
    'GET',
    '/tenants/{tenant}/subscriptions',
    ['subscription:read', 'application:own'],
    'List subscriptions',
  )
    .input(
      pageInput.extend({
        ...inTenant,
        state: subscriptionState.optional(),
        application: reference.optional(),
        plan: reference.optional(),
        api: reference.optional().meta({ title: 'API name or id' }),
        team: reference.optional().meta({ title: 'Another team whose applications subscribed' }),
        search: z.string().max(200).optional(),
      }),
    )
    .output(page(subscription)),
  get: operation(
    'GET',
    '/tenants/{tenant}/subscriptions/{subscription}',
    ['subscription:read', 'application:own'],
    'Read a subscription',
  )
    .input(z.strictObject({ ...inTenant, subscription: idSchema('sub') }))
    .output(subscription),
  create: operation(
    'POST',
    '/tenants/{tenant}/subscriptions',
    'application:own',
    'Subscribe an application to a plan',
    {
      status: 201,
      idempotent: true,
      waitable: true,
      description: 'Active at once when the plan approves by itself, else pending.',
    },
  )
    .input(
      z.strictObject({ ...inTenant, application: reference, plan: idSchema('pln'), note: note.default('') }),
    )
    .output(subscription.extend(propagation.shape)),
  decide: operation(
    'POST',
    '/tenants/{tenant}/subscriptions/decide',
    'subscription:decide',
    'Approve, reject, suspend or resume many',
    {
      waitable: true,
      description:
        'At most 500 at a time; each gets its own result, and one that cannot be decided does not stop the others.',
    },
  )
    .input(
      z.strictObject({
        ...inTenant,
        subscriptions: z.array(idSchema('sub')).min(1).max(500),
        decision: z.enum(['approve', 'reject', 'suspend', 'resume']),
        note: note.default(''),
      }),
    )
    .output(
      written({
        results: z.array(
          z.strictObject({
            subscription: idSchema('sub'),
            state: subscriptionState.nullable(),
            problem: z.strictObject({ code: z.string(), detail: z.string() }).nullable(),
          }),
        ),
      }),
    ),
  cancel: operation(
    'POST',
    '/tenants/{tenant}/subscriptions/{subscription}/cancel',
    ['application:own', 'subscription:decide'],
    'Cancel a subscription',
    {
      waitable: true,
    },
  )
    .input(z.strictObject({ ...inTenant, subscription: idSchema('sub'), note: note.default('') }))
    .output(subscription.extend(propagation.shape)),
  changePlan: operation(
    'POST',
    '/tenants/{tenant}/subscriptions/{subscription}/plan',
    ['application:own', 'subscription:decide'],
    'Move a subscription to another plan of its product',
    {
      waitable: true,
      description:
        'Keys stay as they are. A plan that approves by hand makes it wait again unless the caller may decide.',
    },
  )
    .input(
      z.strictObject({
        ...inTenant,
        subscription: idSchema('sub'),
        plan: idSchema('pln'),
        note: note.default(''),
      }),
    )
    .output(subscription.extend(propagation.shape)),
}

const inCredential = { ...inApplication, credential: idSchema('key') }

export const credentials = {
  list: operation(
    'GET',
    '/tenants/{tenant}/applications/{application}/credentials',
    own,
    'List keys: hints only',
  )
    .input(z.strictObject(inApplication))
    .output(z.strictObject({ data: z.array(credential) })),
  issue: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/credentials',
    'application:own',
    'Issue a key',
    {
      status: 201,
      idempotent: true,
      waitable: true,
      description: 'The key is in this answer and nowhere else; only its hash is stored.',
    },
  )
    .input(
      z.strictObject({
        ...inApplication,
        environment: reference,
        name: z.string().trim().min(1).max(100).default('Key'),
        expiresAt: instant.nullable().default(null),
      }),
    )
    .output(issuedCredential.extend(propagation.shape)),
  rotate: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/credentials/{credential}/rotate',
    'application:own',
    'Replace a key with overlap',
    {
      status: 201,
      idempotent: true,
      waitable: true,
      description:
        'The successor keeps name, environment and expiry; the old key works for `overlapSeconds` more.',
    },
  )
    .input(z.strictObject({ ...inCredential, overlapSeconds: z.int().min(0).max(2_592_000).default(3600) }))
    .output(issuedCredential.extend(propagation.shape)),
  revoke: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/credentials/{credential}/revoke',
    'application:own',
    'Revoke a key',
    {
      waitable: true,
    },
  )
    .input(z.strictObject({ ...inCredential, note: note.default('') }))
    .output(credential.extend(propagation.shape)),
}
