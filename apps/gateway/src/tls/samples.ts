// What the port for https says of itself on the metrics page.
import type { Sample } from '../ops/metrics.ts'
import type { CertificateShelf } from './certificate-shelf.ts'
import type { HandshakeCounts } from './handshakes.ts'

const outcomes = ['done', 'failed', 'late', 'crowded'] as const

export function tlsSamples(
  counts: Readonly<HandshakeCounts>,
  certificates: CertificateShelf,
  worker: number,
): Sample[] {
  return [
    {
      name: 'gw_tls_handshakes',
      help: 'Handshakes that are under way.',
      type: 'gauge',
      labels: {},
      value: counts.pending,
    },
    ...outcomes.map(
      (outcome): Sample => ({
        name: 'gw_tls_handshakes_total',
        help: 'Handshakes by what became of them; crowded ones gave way to others.',
        type: 'counter',
        labels: { outcome },
        value: counts[outcome],
      }),
    ),
    ...certificates.all.map(
      ({ hosts, notAfterMs }): Sample => ({
        name: 'gw_tls_certificate_expiry_timestamp_seconds',
        help: 'When a certificate expires that is shown to callers.',
        type: 'gauge',
        labels: { worker: String(worker), hosts: hosts.join(' ') },
        value: notAfterMs / 1_000,
      }),
    ),
  ]
}
