// What people do by a link in a mail: set a new password, prove that an address is theirs.
import * as z from 'zod'
import { email, password } from '../model/user.ts'
import { nothing, operation } from './operation.ts'

const token = z.string().min(1).max(100).meta({ title: 'Secret of the link', secret: true })

export const mailedLinks = {
  requestReset: operation(
    'POST',
    '/password-reset/request',
    'anyone',
    'Ask for a link to set a new password',
    {
      description: 'The answer is the same, and as fast, whether there is such an account or not.',
    },
  )
    .input(z.strictObject({ email }))
    .output(nothing),
  reset: operation('POST', '/password-reset', 'anyone', 'Set a new password by a link', {
    description:
      'The link is good once, for 30 minutes. Ends every session of the account, and its access tokens when asked.',
  })
    .input(
      z.strictObject({
        token,
        password,
        endTokens: z.boolean().default(false).meta({ title: 'Revoke my access tokens too' }),
      }),
    )
    .output(nothing),
  requestVerification: operation(
    'POST',
    '/me/email-verification/request',
    'signed-in',
    'Ask for a link that proves my address',
    { sessionOnly: true, beforeSignInRules: true },
  )
    .input(nothing)
    .output(nothing),
  verify: operation('POST', '/me/email-verification', 'signed-in', 'Prove my address by a link', {
    sessionOnly: true,
    beforeSignInRules: true,
  })
    .input(z.strictObject({ token }))
    .output(nothing),
}
