// Certificates that the gateways of an environment show to callers over https.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { instant, propagation, reference, version } from '../model/wire.ts'
import { operation } from './operation.ts'

const chain = z.string().min(1).max(100_000).meta({
  title: 'Certificate',
  help: 'PEM: that of the host first, then those between it and its authority',
  widget: 'textarea',
})
const privateKey = z.string().min(1).max(20_000).meta({
  title: 'Private key',
  help: 'PEM without a passphrase. Kept sealed and never shown again',
  widget: 'textarea',
  secret: true,
})
const isDefault = z.boolean().meta({
  title: 'Default',
  help: 'Shown to callers who name no host, or one that no certificate is for',
})

const certificate = z.strictObject({
  id: idSchema('crt'),
  name: slug,
  environment: slug,
  hosts: z.array(z.string()),
  isDefault: z.boolean(),
  subject: z.string(),
  issuer: z.string(),
  fingerprint: z.string().meta({ help: 'sha256 of the certificate in hex' }),
  notBefore: instant,
  notAfter: instant,
  expiry: z
    .enum(['good', 'soon', 'urgent', 'expired'])
    .meta({ help: 'soon: within 30 days; urgent: within 7' }),
  version,
  createdAt: instant,
})

const inEnvironment = { environment: reference.meta({ title: 'Environment' }) }
const one = { ...inEnvironment, certificate: reference.meta({ title: 'Name or id of the certificate' }) }

export const certificates = {
  list: operation(
    'GET',
    '/environments/{environment}/certificates',
    'platform',
    'List the certificates of hosts',
  )
    .input(z.strictObject(inEnvironment))
    .output(z.strictObject({ data: z.array(certificate) })),
  create: operation(
    'POST',
    '/environments/{environment}/certificates',
    'platform',
    'Add a certificate of hosts',
    {
      status: 201,
      waitable: true,
      description: 'The hosts are read from the certificate. New connections get it, open ones go on.',
    },
  )
    .input(
      z.strictObject({
        ...inEnvironment,
        name: slug,
        chain,
        privateKey,
        isDefault: isDefault.default(false),
      }),
    )
    .output(certificate.extend(propagation.shape)),
  replace: operation(
    'PUT',
    '/environments/{environment}/certificates/{certificate}',
    'platform',
    'Renew a certificate of hosts',
    {
      concurrency: true,
      waitable: true,
      description: 'New connections get the new one, open ones go on.',
    },
  )
    .input(z.strictObject({ ...one, chain, privateKey, isDefault: isDefault.default(false) }))
    .output(certificate.extend(propagation.shape)),
  remove: operation(
    'DELETE',
    '/environments/{environment}/certificates/{certificate}',
    'platform',
    'Remove a certificate of hosts',
    { concurrency: true, waitable: true },
  )
    .input(z.strictObject(one))
    .output(propagation),
}
