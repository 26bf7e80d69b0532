// People and their ways in: users, memberships, sessions, personal access tokens.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { instant, version } from './wire.ts'

export const email = z.email().max(254).toLowerCase().meta({ title: 'Email address', widget: 'email' })
export const password = z
  .string()
  .min(12, 'Use at least 12 characters')
  .max(200)
  .meta({ title: 'Password', widget: 'password', secret: true })

export const user = z.strictObject({
  id: idSchema('usr'),
  email: z.email(),
  name: z.string(),
  platformAdmin: z.boolean(),
  emailVerified: z.boolean().meta({ title: 'Whether they proved that the address is theirs' }),
  hasPassword: z.boolean(),
  createdAt: instant,
})
export type User = z.output<typeof user>

/** One of the seven, or one that the tenant made. */
export const roleName = slug.meta({
  title: 'Role',
  help: 'One of the built-in roles, or one of the tenant’s own',
})

export const membership = z.strictObject({
  id: idSchema('mem'),
  tenant: z.strictObject({ id: idSchema('ten'), name: slug, title: z.string() }),
  role: roleName,
  groups: z.array(slug),
})

export const member = z.strictObject({
  id: idSchema('mem'),
  user: user.pick({ id: true, email: true, name: true }),
  role: roleName,
  groups: z
    .array(slug)
    .meta({ title: 'Groups', help: 'API visibility can be limited to groups, such as partners' }),
  version,
  createdAt: instant,
})

export const invitation = z.strictObject({
  id: idSchema('inv'),
  email: z.email(),
  role: roleName,
  groups: z.array(slug),
  invitedBy: z.string(),
  expiresAt: instant,
  createdAt: instant,
})

export const session = z.strictObject({
  id: idSchema('ses'),
  current: z.boolean(),
  address: z.string(),
  agent: z.string(),
  createdAt: instant,
  lastSeenAt: instant,
  expiresAt: instant,
})

export const tokenScope = z.enum(['read', 'everything', 'blocklist']).meta({
  title: 'What it may do',
  help: 'Read, everything that its person may do, or nothing but write the blocklist',
})
export type TokenScope = z.output<typeof tokenScope>

export const personalAccessToken = z.strictObject({
  id: idSchema('pat'),
  name: z.string(),
  prefix: z.string(),
  scope: tokenScope,
  tenant: z
    .strictObject({ id: idSchema('ten'), name: slug, title: z.string() })
    .nullable()
    .meta({ title: 'The only tenant it acts in; null for all of its person’s' }),
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  createdAt: instant,
})

export const tenant = z.strictObject({
  id: idSchema('ten'),
  name: slug,
  title: z.string(),
  selfSignUp: z.boolean().meta({ title: 'Developers may sign up by themselves' }),
  timeZone: z.string().meta({ title: 'Time zone', help: 'Quotas reset at its midnight' }),
  version,
  createdAt: instant,
})
export type Tenant = z.output<typeof tenant>
