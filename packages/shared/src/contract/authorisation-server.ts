// The built-in authorisation server of a tenant: on or off, its scopes and lives, its keys, and who may ask it about tokens.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import {
  authorisationSettings,
  resourceServer,
  authorisationServer as server,
} from '../model/authorisation.ts'
import { inTenant, nothing, operation } from './operation.ts'

const at = '/tenants/{tenant}/authorisation-server'

export const authorisationServer = {
  get: operation('GET', at, 'tenant:read', 'Read the authorisation server of a tenant')
    .input(z.strictObject(inTenant))
    .output(server),
  update: operation('PATCH', at, 'tenant:write', 'Change the authorisation server of a tenant', {
    concurrency: true,
    description:
      'The first time it is enabled its first key is made. While it is not enabled nothing answers at its issuer, and gateways learn none of its keys.',
  })
    .input(z.strictObject({ ...inTenant, ...z.strictObject(authorisationSettings).partial().shape }))
    .output(server),
  rotateKeys: operation('POST', `${at}/keys`, 'tenant:write', 'Make a new key that tokens are signed with', {
    description:
      'It is published at once and signs ten minutes later, when gateways know it. With `now` it signs at once and all others are withdrawn: every token that they signed is refused as soon as gateways have read the keys again.',
  })
    .input(z.strictObject({ ...inTenant, now: z.boolean().default(false).meta({ title: 'At once' }) }))
    .output(server),
  listResourceServers: operation('GET', `${at}/resource-servers`, 'api:read', 'List resource servers')
    .input(z.strictObject(inTenant))
    .output(z.strictObject({ data: z.array(resourceServer) })),
  addResourceServer: operation('POST', `${at}/resource-servers`, 'tenant:write', 'Add a resource server', {
    status: 201,
    idempotent: true,
    description:
      'It may ask about tokens (RFC 7662), and gets none itself. The secret stands in this answer and nowhere else.',
  })
    .input(z.strictObject({ ...inTenant, name: z.string().trim().min(1).max(100).meta({ title: 'Name' }) }))
    .output(resourceServer.extend({ secret: z.string().meta({ title: 'Client secret', secret: true }) })),
  removeResourceServer: operation(
    'DELETE',
    `${at}/resource-servers/{resourceServer}`,
    'tenant:write',
    'Remove a resource server',
  )
    .input(z.strictObject({ ...inTenant, resourceServer: idSchema('ocl') }))
    .output(nothing),
}
