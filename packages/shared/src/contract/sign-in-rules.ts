// The rules for signing in to the platform itself: who needs a second factor, and where admins may come from.
import * as z from 'zod'
import { parseCidr } from '../cidr.ts'
import { email } from '../model/user.ts'
import { version } from '../model/wire.ts'
import { nothing, operation } from './operation.ts'

const secondFactor = z.enum(['optional', 'platform_admins', 'everyone']).meta({
  title: 'Second factor',
  help: 'Who needs one to do anything after signing in with a password; identity providers ask for their own',
})

const adminNetworks = z
  .array(
    z
      .string()
      .max(50)
      .refine((text) => parseCidr(text) !== null, 'Use an address or a CIDR range'),
  )
  .max(200)
  .meta({
    title: 'Where admins may come from',
    help: 'For platform admins, and for members of tenants who may do more than a developer; none = anywhere',
  })

const settings = z.strictObject({
  secondFactor,
  adminNetworks,
  mail: z.boolean().meta({ title: 'Whether mail can be sent' }),
  yourAddress: z.string(),
  version,
})

export const signInRules = {
  get: operation('GET', '/platform/sign-in-rules', 'platform', 'Read the sign-in rules', {
    sessionOnly: true,
  })
    .input(nothing)
    .output(settings),
  update: operation('PATCH', '/platform/sign-in-rules', 'platform', 'Change the sign-in rules', {
    sessionOnly: true,
    concurrency: true,
    proof: true,
    description: 'Rules that would refuse whoever sets them are not taken.',
  })
    .input(z.strictObject({ secondFactor: secondFactor.optional(), adminNetworks: adminNetworks.optional() }))
    .output(settings),
  resetFactors: operation(
    'POST',
    '/platform/reset-second-factors',
    'platform',
    'Reset a person’s second factors',
    {
      sessionOnly: true,
      proof: true,
      description: 'For who lost all of them. Ends their sessions; they are told by mail.',
    },
  )
    .input(z.strictObject({ email }))
    .output(z.strictObject({ removed: z.int().meta({ title: 'How many there were' }) })),
}
