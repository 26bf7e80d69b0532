// Certificates of authorities that an upstream trusts: gateways refuse a configuration with one that they cannot read.
import { X509Certificate } from 'node:crypto'
import type { UpstreamSettings } from '@gatewright/shared/model/upstream'

/** What is wrong with them; null = nothing. */
export function unreadableAuthorities({
  tls,
}: Pick<UpstreamSettings, 'tls'>): { readonly path: string; readonly message: string } | null {
  if (tls.ca === null) return null
  const begun = tls.ca.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0
  const whole = tls.ca.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const broken = whole.findIndex((certificate) => !isReadable(certificate))
  if (broken >= 0) return { path: 'tls.ca', message: `The certificate ${broken + 1} cannot be read` }
  if (whole.length > 0 && whole.length === begun) return null
  return { path: 'tls.ca', message: 'Paste whole certificates in PEM form' }
}

function isReadable(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0
  } catch {
    return false
  }
}
