// OAuth clients of applications: whose calls the access tokens are that an identity provider issues to a client.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { redirectUri } from '../model/authorisation.ts'
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
  create: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/oauth-clients/built-in',
    'application:own',
    'Create an OAuth client of the built-in authorisation server',
    {
      status: 201,
      idempotent: true,
      waitable: true,
      description:
        'The secret stands in this answer and nowhere else. A client that cannot keep one, such as a page in a browser, is public and has none.',
    },
  )
    .input(
      z.strictObject({
        ...inApplication,
        environment: reference,
        name: z.string().trim().min(1).max(100).default('OAuth client').meta({ title: 'Name' }),
        isPublic: z.boolean().default(false).meta({ title: 'It cannot keep a secret' }),
        redirectUris: z.array(redirectUri).max(20).default([]).meta({
          title: 'Redirect addresses',
          help: 'Where people come back to with a code; none = it acts for itself alone',
        }),
        expiresAt: instant.nullable().default(null),
      }),
    )
    .output(
      oauthClient.extend({
        ...propagation.shape,
        secret: z.string().nullable().meta({
          title: 'Client secret',
          help: 'null for a public client',
          secret: true,
        }),
      }),
    ),
  renewSecret: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/oauth-clients/{credential}/secret',
    'application:own',
    'Give a client of the built-in authorisation server another secret',
    { idempotent: true, description: 'The one before is refused from now on.' },
  )
    .input(z.strictObject({ ...inApplication, credential: idSchema('key') }))
    .output(oauthClient.extend({ secret: z.string().meta({ title: 'Client secret', secret: true }) })),
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
