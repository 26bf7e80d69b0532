// mtls: who is calling, proved by the key of a client certificate; found by the application that registered the certificate.
import * as z from 'zod'
import { type CertificateMark, certificateMarks, clientCertificateText } from '../client-certificate.ts'
import { createCallerGate, unlessPublic } from './caller.ts'
import type { CertificateVerdict, PresentedCertificate } from './certificate-ports.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse, type Verdict } from './policy.ts'

const pemOf = (label: string, what: string) => {
  const whole = new RegExp(
    `^(?:[^-]*-----BEGIN ${label}-----[A-Za-z0-9+/=\\s]+-----END ${label}-----)+[^-]*$`,
  )
  return z.string().max(200_000).regex(whole, `Use whole ${what} in PEM form, and nothing else`)
}

const address = z
  .url({ protocol: /^https?$/ })
  .max(1000)
  .regex(/^https?:\/\/[^/?#@]+(?:[/?#]|$)/i, 'Use an address without a name or a password in it')

export const spec = defineSpec({
  type: 'mtls',
  stage: 'identify',
  title: 'Client certificate (mTLS)',
  summary: 'Asks for a certificate of the caller, verifies it, and finds the application that registered it.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      authorities: pemOf('CERTIFICATE', 'certificates').nullable().default(null).meta({
        title: 'Authorities that are trusted',
        help: 'PEM. Certificates have to be issued by one of them. Empty: any certificate that was registered by its fingerprint, self-signed ones too',
        widget: 'textarea',
      }),
      identifyBy: z
        .array(z.enum(certificateMarks).meta({ title: 'Mark' }))
        .min(1)
        .max(certificateMarks.length)
        .default(['fingerprint'])
        .meta({
          title: 'Known by',
          help: 'fingerprint: this one certificate. spiffe, subject: whatever the authorities issue to that name; the first that is registered decides',
        }),
      revocationLists: pemOf('X509 CRL', 'revocation lists').nullable().default(null).meta({
        title: 'Revocation lists',
        help: 'PEM. Once there are lists, one of the issuer has to be there and in time',
        widget: 'textarea',
        group: 'Revocation',
      }),
      revocationListUrls: z.array(address).max(10).default([]).meta({
        title: 'Addresses of revocation lists',
        help: 'DER or PEM; read again every few minutes',
        group: 'Revocation',
      }),
      whenRevocationUnknown: z.enum(['refuse', 'allow']).default('refuse').meta({
        title: 'While no list can say',
        help: 'refuse: 503 until a list is there again. allow: revoked certificates pass for as long',
        group: 'Revocation',
      }),
      consumerHeaders: z.boolean().default(true).meta({
        title: 'Tell the upstream who calls',
        help: 'Sends X-Consumer-Application, -Application-Id, -Plan, -Subscription-Id and -Credential-Id',
        group: 'What the upstream gets',
      }),
      forwardCertificate: z.boolean().default(false).meta({
        title: 'Hand the certificate on',
        help: 'As Client-Cert (RFC 9440)',
        group: 'What the upstream gets',
      }),
    })
    .refine(
      ({ authorities, identifyBy }) => authorities !== null || identifyBy.every((it) => it === 'fingerprint'),
      {
        path: ['authorities'],
        error: 'Name the authorities: without them anybody can issue a certificate with that name',
      },
    )
    .refine(
      ({ authorities, revocationLists, revocationListUrls }) =>
        authorities !== null || (revocationLists === null && revocationListUrls.length === 0),
      { path: ['revocationLists'], error: 'Lists are those of authorities: name these too' },
    ),
  example: { identifyBy: ['fingerprint'] },
})

const absent = refuse('certificate_missing', {
  detail: 'Show a client certificate when you connect, under the host name of this API.',
  // What a connection shows is settled when it is made: whoever has one by now has to make another.
  headers: ['Connection', 'close'],
})
const unreadable = refuse('certificate_malformed')

const refusals: Record<Exclude<CertificateVerdict, 'good'>, Refusal> = {
  untrusted: refuse('certificate_untrusted'),
  expired: refuse('certificate_expired'),
  not_yet_valid: refuse('certificate_not_yet_valid'),
  revoked: refuse('certificate_revoked'),
  revocation_unknown: refuse('revocation_unavailable', { retryAfterMs: 5_000 }),
}

/** What is worked out once for a certificate and the tenant whose route it came to. */
interface Known {
  readonly tenantId: string
  /** sha256 of the texts it may be registered under, in the order they are asked. */
  readonly hashes: readonly string[]
}

export const policy = definePolicy(spec, (config, { credentials, certificates, environment }) => {
  const { identifyBy, whenRevocationUnknown, consumerHeaders, forwardCertificate } = config
  const trust = certificates.follow(config)
  const known = new WeakMap<PresentedCertificate, Known>()
  const admit = createCallerGate(
    {
      unknown: refuse('certificate_unknown'),
      revoked: refuse('credential_revoked', { detail: 'The certificate was taken off its application.' }),
      expired: refuse('credential_expired', { detail: 'The registration of the certificate has expired.' }),
    },
    consumerHeaders,
    'client-certificate',
  )

  function decide(ctx: PolicyContext, certificate: PresentedCertificate): Verdict | Promise<Verdict> {
    const verdict = trust.judge(certificate, ctx.receivedAtMs)
    if (verdict !== 'good' && !(verdict === 'revocation_unknown' && whenRevocationUnknown === 'allow'))
      return refusals[verdict]
    return find(ctx, certificate, hashesOf(ctx, certificate), 0)
  }

  /** The first mark that somebody registered says who calls. */
  function find(
    ctx: PolicyContext,
    certificate: PresentedCertificate,
    hashes: readonly string[],
    from: number,
  ): Verdict | Promise<Verdict> {
    for (let i = from; i < hashes.length; i++) {
      const hash = hashes[i] as string
      const found = credentials.known(hash) ?? credentials.find(hash)
      if (found instanceof Promise)
        return found.then((it) =>
          it.kind === 'unknown'
            ? find(ctx, certificate, hashes, i + 1)
            : enter(ctx, certificate, admit(ctx, it)),
        )
      if (found.kind !== 'unknown') return enter(ctx, certificate, admit(ctx, found))
    }
    return refuse('certificate_unknown', {
      detail: `No application has registered the certificate with the sha256 fingerprint ${certificate.fingerprint} in the environment ${environment}.`,
    })
  }

  function enter(
    ctx: PolicyContext,
    { encoded }: PresentedCertificate,
    refusal: Refusal | undefined,
  ): Verdict {
    // RFC 9440 2.2: a byte sequence of structured fields.
    if (refusal === undefined && forwardCertificate) ctx.upstreamHeaders.set('client-cert', `:${encoded}:`)
    return refusal
  }

  function hashesOf(ctx: PolicyContext, certificate: PresentedCertificate): readonly string[] {
    const { tenantId } = ctx.route
    const before = known.get(certificate)
    if (before?.tenantId === tenantId) return before.hashes
    const hashes = identifyBy.flatMap((by) => {
      const value = markOf(certificate, by)
      return value === null ? [] : [ctx.digest(clientCertificateText({ environment, tenantId, by, value }))]
    })
    known.set(certificate, { tenantId, hashes })
    return hashes
  }

  return {
    absent,
    wantsCertificate: true,
    sent: (ctx) => ctx.clientCertificate !== null,
    request(ctx) {
      const certificate = ctx.clientCertificate
      if (certificate === null) return undefined
      if (certificate === 'unreadable') return unlessPublic(ctx, unreadable)
      const verdict = decide(ctx, certificate)
      const judge = (it: Verdict) => (it?.kind === 'refusal' ? unlessPublic(ctx, it) : it)
      return verdict instanceof Promise ? verdict.then(judge) : judge(verdict)
    },
  }
})

function markOf(
  { fingerprint, spiffeId, subject }: PresentedCertificate,
  by: CertificateMark,
): string | null {
  if (by === 'fingerprint') return fingerprint
  if (by === 'spiffe') return spiffeId
  return subject === '' ? null : subject
}
