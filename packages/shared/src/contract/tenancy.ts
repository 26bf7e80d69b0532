// Teams: tenants, their members, roles and invitations.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { permissionNames } from '../model/role.ts'
import { email, invitation, member, roleName, tenant } from '../model/user.ts'
import { page, pageInput, propagation, reference } from '../model/wire.ts'
import { inTenant, nothing, operation } from './operation.ts'

const title = z.string().trim().min(1).max(100).meta({ title: 'Title' })
const timeZone = z.string().max(64).meta({ title: 'Time zone', help: 'IANA name, such as Europe/Berlin' })
const groups = z.array(slug).max(50)

/** One fact that speaks for or against it. */
const accessReason = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('platform_admin'), holds: z.boolean() }),
  z.strictObject({
    kind: z.literal('role'),
    holds: z.boolean().meta({ title: 'The role grants the permission' }),
    role: roleName,
    givenBy: z.string().nullable().meta({ title: 'The provider whose groups gave it; null = a person did' }),
  }),
  z.strictObject({
    kind: z.literal('groups_seen'),
    holds: z
      .boolean()
      .meta({ title: 'They signed in with the provider lately, so that its groups are known' }),
    provider: z.string(),
  }),
  z.strictObject({
    kind: z.literal('ownership'),
    holds: z.boolean().meta({ title: 'The application is theirs' }),
    application: z.string(),
    owner: z.string(),
  }),
  z.strictObject({
    kind: z.literal('wider'),
    holds: z.boolean().meta({ title: 'They may do it with everybody’s applications' }),
    permission: z.enum(permissionNames),
  }),
])

const accessAnswer = z.strictObject({
  isAllowed: z.boolean(),
  scope: z.enum(['tenant', 'own-applications']).meta({ title: 'On what it would be granted' }),
  reasons: z.array(accessReason).meta({ title: 'What decided, in order' }),
  missing: z
    .strictObject({
      roles: z.array(roleName).meta({ title: 'Roles that would do' }),
      givers: z
        .array(z.strictObject({ name: z.string(), email: z.email() }))
        .meta({ title: 'Who can give one, ten at most; without any a platform admin' }),
    })
    .nullable()
    .meta({ title: 'null when it is allowed' }),
})
export type AccessAnswer = z.output<typeof accessAnswer>

export const tenancy = {
  list: operation('GET', '/tenants', 'signed-in', 'List my tenants; all of them for a platform admin')
    .input(pageInput.extend({ search: z.string().max(100).optional() }))
    .output(page(tenant)),
  create: operation('POST', '/tenants', 'platform', 'Create a tenant', { status: 201 })
    .input(
      z.strictObject({
        name: slug,
        title,
        timeZone: timeZone.default('UTC'),
        selfSignUp: z.boolean().default(true),
      }),
    )
    .output(tenant),
  get: operation('GET', '/tenants/{tenant}', 'tenant:read', 'Read a tenant')
    .input(z.strictObject(inTenant))
    .output(tenant),
  update: operation('PATCH', '/tenants/{tenant}', 'tenant:write', 'Change a tenant', {
    concurrency: true,
    waitable: true,
  })
    .input(
      z.strictObject({
        ...inTenant,
        title: title.optional(),
        timeZone: timeZone.optional(),
        selfSignUp: z.boolean().optional(),
      }),
    )
    .output(tenant),
  members: operation('GET', '/tenants/{tenant}/members', 'member:read', 'List members')
    .input(pageInput.extend({ ...inTenant, search: z.string().max(100).optional() }))
    .output(page(member)),
  updateMember: operation('PATCH', '/tenants/{tenant}/members/{member}', 'member:write', 'Change a member', {
    concurrency: true,
  })
    .input(
      z.strictObject({
        ...inTenant,
        member: idSchema('mem'),
        role: roleName.optional(),
        groups: groups.optional(),
      }),
    )
    .output(member),
  explainAccess: operation(
    'GET',
    '/tenants/{tenant}/members/{member}/access',
    'member:read',
    'Explain whether a member may do something, and why',
    {
      description:
        'Decided by the same table as every operation. Permissions for one’s own applications are asked about one of them: name it.',
    },
  )
    .input(
      z.strictObject({
        ...inTenant,
        member: idSchema('mem'),
        permission: z.enum(permissionNames),
        application: reference.optional().meta({ title: 'Application name or id' }),
      }),
    )
    .output(accessAnswer),
  handOver: operation(
    'POST',
    '/tenants/{tenant}/members/{member}/hand-over',
    'member:write',
    'Give a member’s applications to another member',
    {
      description: 'Keys and subscriptions stay as they are. Whoever knows a key still knows it: rotate it.',
    },
  )
    .input(
      z.strictObject({
        ...inTenant,
        member: idSchema('mem'),
        to: idSchema('mem').meta({ title: 'The member who owns them from now on' }),
      }),
    )
    .output(z.strictObject({ applications: z.int().meta({ title: 'How many changed hands' }) })),
  removeMember: operation('DELETE', '/tenants/{tenant}/members/{member}', 'member:write', 'Remove a member', {
    concurrency: true,
    waitable: true,
    description:
      'Ends the access of the applications that they own: keys are revoked, subscriptions cancelled, suspended ones stay ' +
      'suspended. Hand the applications over first to keep them working.',
  })
    .input(z.strictObject({ ...inTenant, member: idSchema('mem') }))
    .output(propagation),
  invitations: operation('GET', '/tenants/{tenant}/invitations', 'member:read', 'List open invitations')
    .input(z.strictObject(inTenant))
    .output(z.strictObject({ data: z.array(invitation) })),
  invite: operation('POST', '/tenants/{tenant}/invitations', 'member:write', 'Invite someone', {
    status: 201,
  })
    .input(z.strictObject({ ...inTenant, email, role: roleName, groups: groups.default([]) }))
    .output(
      invitation.extend({
        secret: z.string().meta({ help: 'Part of the invitation link; shown once', secret: true }),
        mailed: z.boolean().meta({ title: 'Whether a link of its own goes to the address' }),
      }),
    ),
  revokeInvitation: operation(
    'DELETE',
    '/tenants/{tenant}/invitations/{invitation}',
    'member:write',
    'Withdraw an invitation',
  )
    .input(z.strictObject({ ...inTenant, invitation: idSchema('inv') }))
    .output(nothing),
  acceptInvitation: operation('POST', '/invitations/accept', 'signed-in', 'Accept an invitation')
    .input(z.strictObject({ secret: z.string().max(200) }))
    .output(z.strictObject({ tenant: slug })),
}
