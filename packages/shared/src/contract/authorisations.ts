// A person's say in what an application may do in their name: the question of the authorisation server, and the answer to it.
import * as z from 'zod'
import { reference } from '../model/wire.ts'
import { operation } from './operation.ts'

const one = {
  server: reference.meta({ title: 'Name of the tenant whose authorisation server asks' }),
  authorisation: z.string().regex(/^[\w-]{20,64}$/, 'Use the name of a request for consent'),
}

export const authorisations = {
  get: operation(
    'GET',
    '/authorisations/{server}/{authorisation}',
    'signed-in',
    'Read what an application asks a person for',
    { sessionOnly: true, description: 'Of members of the tenant, in the browser that began it.' },
  )
    .input(z.strictObject(one))
    .output(
      z.strictObject({
        client: z.string().meta({ title: 'Name of the client' }),
        application: z.string().meta({ title: 'Title of its application' }),
        owner: z.string().meta({ title: 'Who made the application' }),
        returnsTo: z.string().meta({ title: 'Host that the browser is sent back to' }),
        personScopes: z.array(z.enum(['openid', 'profile', 'email', 'offline_access'])),
        scopes: z.array(z.strictObject({ name: z.string(), title: z.string() })),
      }),
    ),
  decide: operation(
    'POST',
    '/authorisations/{server}/{authorisation}',
    'signed-in',
    'Agree to what an application asks for, or refuse it',
    { sessionOnly: true, description: 'Answers the address at which the browser goes on.' },
  )
    .input(z.strictObject({ ...one, decision: z.enum(['allow', 'deny']) }))
    .output(z.strictObject({ location: z.string() })),
}
