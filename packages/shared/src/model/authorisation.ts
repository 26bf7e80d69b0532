// The built-in authorisation server of a tenant: what its owner sets, and what its clients are.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { instant } from './wire.ts'

/** Scopes of OpenID Connect, which say what a client learns of a person. They are there in every tenant, and open no API. */
export const personScopes = ['openid', 'profile', 'email', 'offline_access'] as const

const isPersonScope = (name: string) => personScopes.some((it) => it === name)

export const authorisationScope = z.strictObject({
  name: z
    .string()
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'Use visible characters without quotes')
    .refine((name) => !isPersonScope(name), 'OpenID Connect has a meaning of its own for it')
    .meta({ title: 'Scope', help: 'Such as books:read' }),
  title: z.string().trim().min(1).max(200).meta({
    title: 'Title',
    help: 'What people read when they are asked to agree',
  }),
  product: z.string().min(1).max(63).nullable().default(null).meta({
    title: 'Product',
    help: 'Only applications that are subscribed to it get this scope; empty = every application',
  }),
})
export type AuthorisationScope = z.output<typeof authorisationScope>

export const authorisationSettings = {
  enabled: z.boolean().meta({ title: 'Issue access tokens' }),
  tokenFormat: z.enum(['jwt', 'opaque']).meta({
    title: 'Form of access tokens',
    help: 'jwt: gateways verify them without asking (policy jwt). opaque: gateways ask here (policy oauth2-introspection), and a token can be revoked',
  }),
  accessTokenSeconds: z.int().min(60).max(86_400).meta({
    title: 'Life of an access token',
    help: 'Seconds',
  }),
  refreshTokenDays: z.int().min(1).max(365).meta({
    title: 'Life of a refresh token',
    help: 'Days since it was last used',
  }),
  scopes: z
    .array(authorisationScope)
    .max(200)
    .refine((all) => new Set(all.map((it) => it.name)).size === all.length, 'Each scope once')
    .meta({ title: 'Scopes' }),
}

export const authorisationKey = z.strictObject({
  id: idSchema('ask'),
  state: z.enum(['next', 'signing', 'ending']).meta({
    title: 'State',
    help: 'next: published, and signs later. signing: new tokens are signed with it. ending: its last tokens have not ended yet',
  }),
  signsFrom: instant,
  endsAt: instant.nullable().meta({ title: 'When it is published no more' }),
})

export const authorisationServer = z.strictObject({
  issuer: z
    .string()
    .meta({ title: 'Issuer', help: 'What iss says; the address that clients discover it by' }),
  audience: z.string().meta({ title: 'Audience', help: 'What aud says in its access tokens' }),
  ...authorisationSettings,
  keys: z.array(authorisationKey),
  version: z.int().min(0).meta({ title: 'Version for If-Match', help: '0 = nobody has set it up' }),
})

/**
 * Where a browser may be sent with a code: https, or this very machine. Compared to the letter, so there is nothing to be matched
 * loosely (RFC 9700 2.1).
 */
export const redirectUri = z
  .string()
  .max(1000)
  .refine(
    isRedirectUri,
    'Use an https address, or one of localhost, without a fragment, a name or a password',
  )
  .meta({ title: 'Redirect address' })

function isRedirectUri(text: string): boolean {
  // As it stands: what a parser would mend is compared by others without being mended.
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || /[#\\*]/.test(text) || !URL.canParse(text)) return false
  const { protocol, hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
}

export const resourceServer = z.strictObject({
  id: idSchema('ocl'),
  name: z.string(),
  createdAt: instant,
})
