// OAuth clients of applications: whose calls the access tokens are that an identity provider issues to a client.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { clientId, oauthClient, tokenIssuer } from '../model/oauth-client.ts'
import { instant, propagation, reference } from '../model/wire.ts'
import { inApplication, operation } from './operation.ts'

export const oauthClients = {
  list: operation(
    'GET',
    '/tenants/{tenant}/applications/{application}/oauth-clients',
    ['application:own', 'application:read'],
    'List the OAuth clients of an application',
  )
    .input(z.strictObject(inApplication))
    .output(z.strictObject({ data: z.array(oauthClient) })),
  register: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/oauth-clients',
    'application:own',
    'Register an OAuth client',
    {
      status: 201,
      waitable: true,
      description:
        'Calls with access tokens that the issuer gave to this client are then calls of the application. One client of a tenant belongs to one application.',
    },
  )
    .input(
      z.strictObject({
        ...inApplication,
        environment: reference,
        issuer: tokenIssuer,
        clientId,
        name: z.string().trim().min(1).max(100).default('OAuth client').meta({ title: 'Name' }),
        expiresAt: instant.nullable().default(null),
      }),
    )
    .output(oauthClient.extend(propagation.shape)),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/applications/{application}/oauth-clients/{credential}',
    'application:own',
    'Remove an OAuth client: its tokens open nothing any more',
    { waitable: true },
  )
    .input(z.strictObject({ ...inApplication, credential: idSchema('key') }))
    .output(propagation),
}
