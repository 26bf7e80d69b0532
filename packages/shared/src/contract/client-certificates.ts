// Client certificates of applications: whose calls those are that show one.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { certificateMark, clientCertificate } from '../model/client-certificate.ts'
import { instant, propagation, reference } from '../model/wire.ts'
import { inApplication, operation } from './operation.ts'

export const clientCertificates = {
  list: operation(
    'GET',
    '/tenants/{tenant}/applications/{application}/client-certificates',
    ['application:own', 'application:read'],
    'List the client certificates of an application',
  )
    .input(z.strictObject(inApplication))
    .output(z.strictObject({ data: z.array(clientCertificate) })),
  register: operation(
    'POST',
    '/tenants/{tenant}/applications/{application}/client-certificates',
    'application:own',
    'Register a client certificate',
    {
      status: 201,
      waitable: true,
      description:
        'Calls that show a certificate with this mark are then calls of the application. One mark of a tenant belongs to one application.',
    },
  )
    .input(
      z.strictObject({
        ...inApplication,
        environment: reference,
        by: certificateMark.default('fingerprint'),
        value: z.string().trim().min(1).max(20_000).meta({
          title: 'Certificate or mark',
          help: 'The certificate in PEM form, from which the mark is read; or its sha256 fingerprint, its SPIFFE id, or its subject such as CN=payments,O=Acme',
          widget: 'textarea',
        }),
        name: z.string().trim().min(1).max(100).default('Client certificate').meta({ title: 'Name' }),
        expiresAt: instant.nullable().default(null),
      }),
    )
    .output(clientCertificate.extend(propagation.shape)),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/applications/{application}/client-certificates/{credential}',
    'application:own',
    'Remove a client certificate: it opens nothing any more',
    { waitable: true },
  )
    .input(z.strictObject({ ...inApplication, credential: idSchema('key') }))
    .output(propagation),
}
