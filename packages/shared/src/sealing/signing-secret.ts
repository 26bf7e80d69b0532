// Where the shared secret of a signing key is kept: sealed to its credential, opened by gateways alone.
import type { Place } from './sealed.ts'

export const signingSecretPlace = (credentialId: string): Place => ({
  table: 'credential',
  column: 'secret',
  id: credentialId,
})
