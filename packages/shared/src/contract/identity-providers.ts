// OpenID providers that people sign in with, and what a provider's groups mean here.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { roleName } from '../model/user.ts'
import { instant, reference, version } from '../model/wire.ts'
import { nothing, operation } from './operation.ts'

const admission = z.enum(['invited', 'mapped', 'anyone']).meta({
  title: 'Who may come in',
  help: 'Besides those who have an account: invited people only, also those whose groups give them a role, or anyone',
})

const roleMapping = z.strictObject({
  group: z.string().trim().min(1).max(200).meta({ title: 'Group' }),
  tenant: slug.meta({ title: 'Tenant' }),
  role: roleName,
})

const domain = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'Use a domain, such as example.com')
  .max(253)

const settings = {
  title: z
    .string()
    .trim()
    .min(1)
    .max(60)
    .meta({ title: 'Title', help: 'What the button says after “Continue with”' }),
  issuer: z
    .url({ protocol: /^https?$/, error: 'Use an absolute URL' })
    .max(500)
    .meta({ title: 'Issuer', help: 'Its discovery document tells everything else' }),
  clientId: z.string().trim().min(1).max(500).meta({ title: 'Client id' }),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'Use a scope without spaces'))
    .max(20),
  emailDomains: z.array(domain).max(100).meta({
    title: 'Email domains',
    help: 'Addresses that it may speak for; none = all of them',
  }),
  admission,
  groupsClaim: z.string().trim().min(1).max(200).nullable().meta({
    title: 'Claim with groups',
    help: 'Such as groups, cognito:groups or realm_access.roles',
  }),
  roleMappings: z.array(roleMapping).max(200).meta({
    title: 'Roles by group',
    help: 'In each tenant, the first line that fits decides',
  }),
  enabled: z.boolean(),
}

const clientSecret = z.string().min(1).max(2000).nullable().meta({
  title: 'Client secret',
  help: 'Kept sealed; null for a public client',
  widget: 'password',
  secret: true,
})

const identityProvider = z.strictObject({
  id: idSchema('idp'),
  name: slug,
  ...settings,
  hasSecret: z.boolean(),
  redirectUri: z.string().meta({ help: 'What the provider must be told to send people back to' }),
  version,
  createdAt: instant,
})
export type IdentityProviderView = z.output<typeof identityProvider>

const one = { provider: reference.meta({ title: 'Name or id of the provider' }) }

export const identityProviders = {
  offered: operation('GET', '/sign-in/providers', 'anyone', 'List the ways to sign in besides a password')
    .input(nothing)
    .output(z.strictObject({ data: z.array(z.strictObject({ name: slug, title: z.string() })) })),
  list: operation('GET', '/identity-providers', 'platform', 'List identity providers', { sessionOnly: true })
    .input(nothing)
    .output(z.strictObject({ data: z.array(identityProvider) })),
  create: operation('POST', '/identity-providers', 'platform', 'Add an identity provider', {
    status: 201,
    sessionOnly: true,
    proof: true,
    description: 'Its discovery document is read first; an issuer that does not answer as one is refused.',
  })
    .input(
      z.strictObject({
        name: slug,
        ...settings,
        scopes: settings.scopes.default(['openid', 'email', 'profile']),
        emailDomains: settings.emailDomains.default([]),
        admission: admission.default('invited'),
        groupsClaim: settings.groupsClaim.default(null),
        roleMappings: settings.roleMappings.default([]),
        enabled: settings.enabled.default(true),
        clientSecret: clientSecret.default(null),
      }),
    )
    .output(identityProvider),
  update: operation('PATCH', '/identity-providers/{provider}', 'platform', 'Change an identity provider', {
    concurrency: true,
    sessionOnly: true,
    proof: true,
    description:
      'Another issuer means other people: whom the provider means is forgotten, and its client secret must be given again.',
  })
    .input(z.strictObject({ ...one, ...z.strictObject({ ...settings, clientSecret }).partial().shape }))
    .output(identityProvider),
  remove: operation('DELETE', '/identity-providers/{provider}', 'platform', 'Remove an identity provider', {
    concurrency: true,
    sessionOnly: true,
    proof: true,
    description: 'People keep their accounts and their roles; they need another way to sign in.',
  })
    .input(z.strictObject(one))
    .output(nothing),
}
