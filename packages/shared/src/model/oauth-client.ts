// An OAuth client of an identity provider, registered with the application whose calls its access tokens are.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { instant } from './wire.ts'

const visible = /^[\x21-\x7e]+$/

export const tokenIssuer = z
  .string()
  .min(1)
  .max(500)
  .regex(visible, 'Use visible characters, no spaces')
  .meta({ title: 'Issuer', help: 'What the claim iss of the tokens says, to the letter' })

export const clientId = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'Use visible characters')
  .meta({ title: 'Client id', help: 'What the identity provider calls the client' })

export const oauthClient = z.strictObject({
  id: idSchema('key'),
  name: z.string(),
  environment: slug,
  issuer: tokenIssuer,
  clientId,
  builtIn: z
    .strictObject({
      isPublic: z.boolean().meta({ title: 'It has no secret' }),
      redirectUris: z.array(z.string()).meta({ title: 'Redirect addresses' }),
    })
    .nullable()
    .meta({ title: 'What the built-in authorisation server knows of it', help: 'null = another issuer’s' }),
  state: z.enum(['active', 'expired']),
  expiresAt: instant.nullable(),
  lastUsedAt: instant.nullable(),
  createdAt: instant,
})
