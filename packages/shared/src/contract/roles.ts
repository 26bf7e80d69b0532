// Roles that a tenant makes for itself, beside the seven (ADR 77).
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { permissionNames, roleSchema } from '../model/role.ts'
import { instant, reference, version } from '../model/wire.ts'
import { inTenant, nothing, operation } from './operation.ts'

const settings = {
  title: z.string().trim().min(1).max(60).meta({ title: 'Title' }),
  description: z.string().trim().max(300).meta({ title: 'Description', help: 'Whom the role is for' }),
  permissions: z.array(z.enum(permissionNames)).max(permissionNames.length).meta({
    title: 'Permissions',
    help: 'Each with those that it needs, such as api:write with api:read',
  }),
}

const uses = z
  .strictObject({
    members: z.int(),
    invitations: z.int().meta({ title: 'Open invitations' }),
    mappings: z.int().meta({ title: 'Groups of identity providers that give it' }),
  })
  .meta({ title: 'Who has it' })

const customRole = z.strictObject({
  id: idSchema('rol'),
  name: slug,
  ...settings,
  uses,
  version,
  createdAt: instant,
})

const inRole = { ...inTenant, role: reference.meta({ title: 'Role name or id' }) }

export const roles = {
  list: operation('GET', '/tenants/{tenant}/roles', 'member:read', 'List roles and how many have each')
    .input(z.strictObject(inTenant))
    .output(
      z.strictObject({
        data: z.array(customRole).meta({ title: 'The tenant’s own' }),
        builtIn: z.array(z.strictObject({ role: roleSchema, uses })),
      }),
    ),
  get: operation('GET', '/tenants/{tenant}/roles/{role}', 'member:read', 'Read a role of the tenant’s own')
    .input(z.strictObject(inRole))
    .output(customRole),
  create: operation('POST', '/tenants/{tenant}/roles', 'role:write', 'Make a role', {
    status: 201,
    description: 'Nobody makes a role that may do more than they may themselves.',
  })
    .input(
      z.strictObject({ ...inTenant, name: slug, ...settings, description: settings.description.default('') }),
    )
    .output(customRole),
  update: operation('PATCH', '/tenants/{tenant}/roles/{role}', 'role:write', 'Change a role', {
    concurrency: true,
    description:
      'Holds for everyone who has it with their next request. Nobody changes a role that may do more than they may themselves.',
  })
    .input(z.strictObject({ ...inRole, ...z.strictObject(settings).partial().shape }))
    .output(customRole),
  replace: operation(
    'POST',
    '/tenants/{tenant}/roles/{role}/replace',
    'role:write',
    'Replace a role everywhere, and delete it',
    {
      concurrency: true,
      description:
        'Members, open invitations and groups of identity providers get the other role, all or none.',
    },
  )
    .input(z.strictObject({ ...inRole, by: slug.meta({ title: 'Name of the role that takes its place' }) }))
    .output(nothing),
  remove: operation('DELETE', '/tenants/{tenant}/roles/{role}', 'role:write', 'Delete a role', {
    concurrency: true,
    description: 'One that somebody has is `in_use`: replace it.',
  })
    .input(z.strictObject(inRole))
    .output(nothing),
}
