// A client certificate, registered with the application whose calls those are that show it.
import * as z from 'zod'
import { certificateMarks } from '../client-certificate.ts'
import { idSchema, slug } from '../ids.ts'
import { instant } from './wire.ts'

export const certificateMark = z.enum(certificateMarks).meta({
  title: 'Known by',
  help: 'fingerprint: this one certificate. spiffe, subject: whatever the authorities of the API issue to that name',
})

export const clientCertificate = z.strictObject({
  id: idSchema('key'),
  name: z.string(),
  environment: slug,
  by: certificateMark,
  value: z.string().meta({
    title: 'Mark',
    help: 'sha256 fingerprint in hex, SPIFFE id, or subject as RFC 4514 writes it',
  }),
  state: z.enum(['active', 'expired']),
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  createdAt: instant,
})
