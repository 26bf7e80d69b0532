// Ways in: sign-up, sign-in, sessions, personal access tokens.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { permissionNames } from '../model/role.ts'
import { email, membership, password, personalAccessToken, session, tokenScope, user } from '../model/user.ts'
import { instant, reference } from '../model/wire.ts'
import { nothing, operation } from './operation.ts'

const personName = z.string().trim().min(1).max(100).meta({ title: 'Your name' })

export const me = z.strictObject({
  user,
  memberships: z.array(membership.extend({ permissions: z.array(z.enum(permissionNames)) })),
  /** Sent back in `x-csrf-token` with each write of a browser session; null for token sign-ins. */
  csrfToken: z.string().nullable(),
  /** Whether the platform asks for a second factor that this session came without: until there is one, only that can be set up. */
  needsSecondFactor: z.boolean(),
})
export type Me = z.output<typeof me>

export const identity = {
  signUp: operation('POST', '/sign-up', 'anyone', 'Create an account', {
    status: 201,
    description:
      'Joins an existing tenant as a developer, accepts an invitation, or creates a tenant of one’s own.',
  })
    .input(
      z.strictObject({
        email,
        password,
        name: personName,
        join: slug.optional().meta({ title: 'Tenant to join as a developer' }),
        invitation: z.string().max(200).optional().meta({ title: 'Secret of an invitation' }),
        create: z.strictObject({ name: slug, title: z.string().trim().min(1).max(100) }).optional(),
      }),
    )
    .output(me),
  signIn: operation('POST', '/sign-in', 'anyone', 'Sign in', {
    description:
      'Who has a second factor is told so (`second_factor_required`) and sends a `code` with the rest.',
  })
    .input(
      z.strictObject({
        email,
        password: z.string().min(1).max(200),
        code: z
          .string()
          .trim()
          .min(1)
          .max(40)
          .optional()
          .meta({ title: 'Code', help: 'Of an authenticator app, or a recovery code' }),
      }),
    )
    .output(me),
  signOut: operation('POST', '/sign-out', 'signed-in', 'Sign out', {
    sessionOnly: true,
    beforeSignInRules: true,
  })
    .input(nothing)
    .output(nothing),
  me: operation('GET', '/me', 'signed-in', 'Who am I', { beforeSignInRules: true }).input(nothing).output(me),
  updateMe: operation('PATCH', '/me', 'signed-in', 'Change my name')
    .input(z.strictObject({ name: personName }))
    .output(me),
  changePassword: operation('POST', '/me/password', 'signed-in', 'Change my password', {
    description: 'Ends every other session of the account, and its access tokens when asked.',
    sessionOnly: true,
  })
    .input(
      z.strictObject({
        current: z.string().min(1).max(200),
        next: password,
        endTokens: z.boolean().default(false).meta({ title: 'Revoke my access tokens too' }),
      }),
    )
    .output(nothing),
  sessions: operation('GET', '/me/sessions', 'signed-in', 'List my sessions', { sessionOnly: true })
    .input(nothing)
    .output(z.strictObject({ data: z.array(session) })),
  revokeSession: operation('DELETE', '/me/sessions/{session}', 'signed-in', 'End a session', {
    sessionOnly: true,
  })
    .input(z.strictObject({ session: idSchema('ses') }))
    .output(nothing),
  revokeOtherSessions: operation('DELETE', '/me/sessions', 'signed-in', 'End every other session', {
    sessionOnly: true,
  })
    .input(nothing)
    .output(z.strictObject({ ended: z.int() })),
  tokens: operation('GET', '/me/tokens', 'signed-in', 'List my access tokens', { sessionOnly: true })
    .input(nothing)
    .output(z.strictObject({ data: z.array(personalAccessToken) })),
  createToken: operation('POST', '/me/tokens', 'signed-in', 'Create an access token', {
    status: 201,
    sessionOnly: true,
    proof: true,
  })
    .input(
      z.strictObject({
        name: z.string().trim().min(1).max(100),
        scope: tokenScope.default('read'),
        tenant: reference.nullable().default(null).meta({
          title: 'Name or id of the only tenant it acts in',
          help: 'Such a token acts as a member, never as a platform admin',
        }),
        expiresAt: instant.nullable().default(null),
      }),
    )
    .output(personalAccessToken.extend({ token: z.string().meta({ help: 'Shown once', secret: true }) })),
  revokeToken: operation('DELETE', '/me/tokens/{token}', 'signed-in', 'Revoke an access token')
    .input(z.strictObject({ token: idSchema('pat') }))
    .output(nothing),
}
