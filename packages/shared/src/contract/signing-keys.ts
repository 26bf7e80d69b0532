// Signing keys of applications: with a shared secret that is shown once, or with a public key.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { signatureAlgorithm, signingKey, signingPublicKey } from '../model/signing-key.ts'
import { instant, propagation, reference } from '../model/wire.ts'
import { inApplication, operation } from './operation.ts'

export const signingKeys = {
  list: operation(
    'GET',
    '/tenants/{tenant}/applications/{application}/signing-keys',
    ['application:own', 'application:read'],
    'List the signing keys of an application',
  )
    .input(z.strictObject(inApplication))
    .output(z.strictObject({ data: z.array(signingKey) })),
  create: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/signing-keys',
    'application:own',
    'Create a signing key',
    {
      status: 201,
      idempotent: true,
      waitable: true,
      description:
        'A shared secret is made here and stands in this answer and nowhere else; it is kept sealed. With the other algorithms send a public key: the private one stays with you.',
    },
  )
    .input(
      z.strictObject({
        ...inApplication,
        environment: reference,
        name: z.string().trim().min(1).max(100).default('Signing key').meta({ title: 'Name' }),
        algorithm: signatureAlgorithm.default('hmac-sha256'),
        publicKey: signingPublicKey.nullable().default(null),
        expiresAt: instant.nullable().default(null),
      }),
    )
    .output(
      signingKey.extend({
        ...propagation.shape,
        secret: z
          .string()
          .nullable()
          .meta({ title: 'Secret', help: 'Base64; null for a public key', secret: true }),
      }),
    ),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/applications/{application}/signing-keys/{credential}',
    'application:own',
    'Remove a signing key: its signatures open nothing any more',
    { waitable: true },
  )
    .input(z.strictObject({ ...inApplication, credential: idSchema('key') }))
    .output(propagation),
}
