// Second factors of one's own account, passkeys that sign in by themselves, and proving once more who one is.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { instant } from '../model/wire.ts'
import { me } from './identity.ts'
import { nothing, operation } from './operation.ts'

const base64url = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[\w-]*$/, 'Use base64url')

// WebAuthn Level 3, 5.1: what `PublicKeyCredential.toJSON()` writes. Members that nobody reads are dropped.
const credential = { id: base64url(1400), rawId: base64url(1400), type: z.literal('public-key') }
const extensions = z.record(z.string(), z.unknown()).default({})
const attachment = z.enum(['platform', 'cross-platform']).optional()

const registration = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(10_000),
    attestationObject: base64url(50_000),
    transports: z.array(z.string().max(40)).max(10).optional(),
  }),
  clientExtensionResults: extensions,
  authenticatorAttachment: attachment,
})
export const passkeyAnswer = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: base64url(10_000),
    authenticatorData: base64url(10_000),
    // Those of ML-DSA (FIPS 204), which newer browsers choose, have up to 4,627 bytes.
    signature: base64url(20_000),
    userHandle: base64url(200).optional(),
  }),
  clientExtensionResults: extensions,
  authenticatorAttachment: attachment,
})

/** `PublicKeyCredentialCreationOptionsJSON` or `…RequestOptionsJSON`, for the browser as they are. */
const options = z.looseObject({ challenge: z.string() })

const passkey = z.strictObject({
  id: idSchema('pky'),
  name: z.string(),
  backedUp: z.boolean().meta({ title: 'Synced to other devices of its person' }),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
})

const recoveryCodes = z
  .array(z.string())
  .meta({ title: 'Recovery codes', help: 'Shown once; each is good once', secret: true })

const code = z.string().trim().min(1).max(40).meta({ title: 'Code' })

export const secondFactors = {
  list: operation('GET', '/me/second-factors', 'signed-in', 'List my second factors', {
    sessionOnly: true,
    beforeSignInRules: true,
  })
    .input(nothing)
    .output(
      z.strictObject({
        app: z.strictObject({ createdAt: instant }).nullable(),
        passkeys: z.array(passkey),
        recoveryCodesLeft: z.int(),
        required: z.boolean().meta({ title: 'Whether the platform asks for one' }),
      }),
    ),
  beginApp: operation('POST', '/me/second-factors/app', 'signed-in', 'Begin to set up an authenticator app', {
    status: 201,
    sessionOnly: true,
    beforeSignInRules: true,
    proof: true,
    description: 'Nothing is asked for before a code of the app has confirmed it.',
  })
    .input(nothing)
    .output(
      z.strictObject({
        secret: z.string().meta({ title: 'Secret for the app', help: 'Shown once; base32', secret: true }),
        uri: z.string().meta({ title: 'The same as an otpauth: URI', secret: true }),
      }),
    ),
  confirmApp: operation(
    'POST',
    '/me/second-factors/app/confirm',
    'signed-in',
    'Confirm an authenticator app',
    {
      sessionOnly: true,
      beforeSignInRules: true,
    },
  )
    .input(z.strictObject({ code }))
    .output(z.strictObject({ recoveryCodes: recoveryCodes.nullable() })),
  removeApp: operation('DELETE', '/me/second-factors/app', 'signed-in', 'Remove my authenticator app', {
    sessionOnly: true,
    proof: true,
  })
    .input(nothing)
    .output(nothing),
  // A question is no change: it leaves a row that goes with its answer, or by itself after five minutes.
  passkeyOptions: operation('POST', '/me/passkeys/options', 'signed-in', 'Begin to add a passkey', {
    reads: true,
    sessionOnly: true,
    beforeSignInRules: true,
    proof: true,
  })
    .input(nothing)
    .output(options),
  addPasskey: operation('POST', '/me/passkeys', 'signed-in', 'Add a passkey', {
    status: 201,
    sessionOnly: true,
    beforeSignInRules: true,
  })
    .input(z.strictObject({ name: z.string().trim().min(1).max(60), answer: registration }))
    .output(z.strictObject({ passkey, recoveryCodes: recoveryCodes.nullable() })),
  removePasskey: operation('DELETE', '/me/passkeys/{passkey}', 'signed-in', 'Remove a passkey', {
    sessionOnly: true,
    proof: true,
  })
    .input(z.strictObject({ passkey: idSchema('pky') }))
    .output(nothing),
  renewRecoveryCodes: operation('POST', '/me/recovery-codes', 'signed-in', 'Make new recovery codes', {
    status: 201,
    sessionOnly: true,
    proof: true,
    description: 'Those that were there are void.',
  })
    .input(nothing)
    .output(z.strictObject({ recoveryCodes })),
  signInOptions: operation('POST', '/sign-in/passkey/options', 'anyone', 'Begin to sign in with a passkey', {
    reads: true,
  })
    .input(nothing)
    .output(options),
  signIn: operation('POST', '/sign-in/passkey', 'anyone', 'Sign in with a passkey')
    .input(z.strictObject({ answer: passkeyAnswer }))
    .output(me),
  proofOptions: operation(
    'POST',
    '/me/proof/options',
    'signed-in',
    'Begin to prove who I am with a passkey',
    {
      reads: true,
      sessionOnly: true,
      beforeSignInRules: true,
    },
  )
    .input(nothing)
    .output(options),
  prove: operation('POST', '/me/proof', 'signed-in', 'Prove once more that it is me', {
    sessionOnly: true,
    beforeSignInRules: true,
    description:
      'Some operations ask for a proof that is at most 15 minutes old. Whoever has a second factor gives that.',
  })
    .input(
      z.strictObject({
        password: z.string().min(1).max(200).optional().meta({ secret: true }),
        code: code.optional(),
        answer: passkeyAnswer.optional(),
      }),
    )
    .output(nothing),
}
