// A key that an application signs its requests with (RFC 9421, AWS Signature Version 4).
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { signatureAlgorithms, signingKeyId } from '../signing-key.ts'
import { instant } from './wire.ts'

export const signatureAlgorithm = z.enum(signatureAlgorithms).meta({
  title: 'Algorithm',
  help: 'hmac-sha256 has a shared secret, which is made here; the others have a public key of yours',
})

export const signingPublicKey = z
  .string()
  .max(4_096)
  .regex(
    /^-----BEGIN PUBLIC KEY-----\r?\n[A-Za-z0-9+/=\r\n]+-----END PUBLIC KEY-----\s*$/,
    'Use a public key in PEM',
  )
  .meta({ title: 'Public key', help: 'PEM, beginning with BEGIN PUBLIC KEY', widget: 'pem' })

export const signingKey = z.strictObject({
  id: idSchema('key'),
  name: z.string(),
  environment: slug,
  keyId: z
    .string()
    .regex(signingKeyId)
    .meta({ title: 'Key id', help: 'keyid of RFC 9421, access key id of AWS' }),
  algorithm: signatureAlgorithm,
  publicKey: signingPublicKey.nullable(),
  state: z.enum(['active', 'expired']),
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  createdAt: instant,
})
