// Where the private keys of hosts' certificates are kept: sealed to their certificate, so that one cannot be put in another's place.
import type { Place } from './sealed.ts'

/** The place in a row of `host_certificate`, as the control plane seals and gateways open it. */
export function certificateKeyPlace(id: string): Place {
  return { table: 'host_certificate', column: 'private_key', id }
}
