// What a provider's groups mean, as its row keeps it.
import * as z from 'zod'
import type { IdentityProvider } from '../../generated/prisma/client.ts'

/** `role` is a name: one of the seven, or one that the tenant made. */
const storedMappings = z.array(z.strictObject({ group: z.string(), tenant: z.string(), role: z.string() }))

export type RoleMapping = z.output<typeof storedMappings>[number]

export const mappingsOf = ({ roleMappings }: Pick<IdentityProvider, 'roleMappings'>): RoleMapping[] =>
  storedMappings.parse(roleMappings)
