// C12: callers who show a certificate, over real handshakes and through proxies.
import { createHash, X509Certificate } from 'node:crypto'
import { clientCertificateText } from '@gatewright/shared/client-certificate'
import { policy, spec } from '@gatewright/shared/policies/mtls'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import { readRevocationLists } from '@gatewright/shared/x509/revocation-list'
import { afterEach, describe, expect, it } from 'vitest'
import { createDeps } from '../../../../../packages/shared/src/testing/policy.fixture.ts'
import { createAuthority, type TestCertificate } from '../../testing/certificates.fixture.ts'
import type { RigOptions } from '../../testing/gateway.fixture.ts'
import { startTlsRig } from '../../testing/tls.fixture.ts'
import { createCertificateTrusts } from './certificate-trusts.ts'
import type { RevocationFeed } from './revocation-feeds.ts'

const authority = createAuthority('Clients')
const other = createAuthority('Others')
const good = authority.issue({ name: 'payments', serial: 7, uris: ['spiffe://acme.test/payments'] })
const dayMs = 86_400_000

const fingerprintOf = ({ cert }: TestCertificate) =>
  new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase()

type Mark = Parameters<typeof clientCertificateText>[0]['by']
const registered = (by: Mark, value: string): [string, CredentialRecord] => [
  createHash('sha256')
    .update(clientCertificateText({ environment: 'prod', tenantId: 'ten_1', by, value }))
    .digest('hex'),
  {
    kind: 'client-certificate',
    credentialId: 'key_1',
    tenantId: 'ten_1',
    applicationId: 'app_1',
    applicationName: 'Payments',
    state: 'active',
    expiresAt: null,
    tryIt: false,
    subscriptions: [
      { subscriptionId: 'sub_1', planId: 'pla_1', planName: 'Gold', state: 'active', versionIds: ['ver_1'] },
    ],
  },
]

const closers: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface World {
  readonly config?: object
  readonly records?: readonly [string, CredentialRecord][]
  readonly feed?: RevocationFeed
  readonly rig?: RigOptions
}

/** A route with the policy alone, on a port with TLS and a plain one. */
async function open({
  config = {},
  records = [registered('fingerprint', fingerprintOf(good))],
  feed,
  rig: more,
}: World) {
  const known = new Map(records)
  const trusts = createCertificateTrusts(
    { follow: () => feed ?? { lists: [], version: () => 0 }, settled: async () => undefined },
    { warn: () => undefined },
  )
  const deps = {
    ...createDeps(),
    certificates: trusts,
    credentials: {
      known: () => undefined,
      find(sha256: string) {
        const record = known.get(sha256)
        return record === undefined ? ({ kind: 'unknown' } as const) : ({ kind: 'found', record } as const)
      },
    },
  }
  const at = { id: 'pol_1', name: 'mtls', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
  const phases = policy.create(spec.config.parse({ authorities: authority.cert, ...config }), deps, at)
  const opened = await startTlsRig('mtls', phases, more)
  closers.push(opened.close)
  return opened
}

describe('C12 mTLS: who calls is told by a certificate', () => {
  it('a registered certificate is its application, whatever version of TLS showed it', async () => {
    const { rig, call } = await open({ config: { forwardCertificate: true } })
    expect(await call(good)).toBe(200)
    expect(await call(good, '', { maxVersion: 'TLSv1.2' })).toBe(200)
    const headers: readonly string[] = rig.seen[0]?.headers ?? []
    const fieldOf = (name: string) => headers[headers.findIndex((it) => it.toLowerCase() === name) + 1]
    expect(fieldOf('x-consumer-application')).toBe('Payments')
    expect(fieldOf('client-cert')).toBe(`:${new X509Certificate(good.cert).raw.toString('base64')}:`)
    expect((await rig.over(1))[0]?.ctx.principal).toMatchObject({ applicationId: 'app_1', planName: 'Gold' })
  })

  it('nothing, strangers, other authorities, and what is out of date are each told so', async () => {
    const { call } = await open({})
    const issue = (wish: object) => authority.issue({ name: 'payments', ...wish })
    expect(await call()).toBe('certificate_missing')
    expect(await call(issue({}))).toBe('certificate_unknown')
    expect(await call(other.issue({ name: 'payments' }))).toBe('certificate_untrusted')
    expect(await call(createAuthority('payments'))).toBe('certificate_untrusted')
    expect(await call(issue({ validTo: new Date(Date.now() - 1_000) }))).toBe('certificate_expired')
    const later = { validFrom: new Date(Date.now() + dayMs / 2), validTo: new Date(Date.now() + dayMs) }
    expect(await call(issue(later))).toBe('certificate_not_yet_valid')
    // Made for servers (RFC 5280 4.2.1.12: 1.3.6.1.5.5.7.3.1), and for clients.
    expect(await call(issue({ purposeIds: ['2b06010505070301'] }))).toBe('certificate_untrusted')
    expect(await call(issue({ purposeIds: ['2b06010505070302'] }))).toBe('certificate_unknown')
    // Who has an authority's name has not its key.
    expect(await call(createAuthority('Clients').issue({ name: 'payments' }))).toBe('certificate_untrusted')
  })

  it('a certificate that is no authority vouches for nobody', async () => {
    const { call } = await open({})
    const below = createAuthority('deep', { ...createAuthority('payments'), ...good })
    const leaf = below.issue({ name: 'leaf' })
    expect(await call({ cert: `${leaf.cert}${below.cert}${good.cert}`, key: leaf.key })).toBe(
      'certificate_untrusted',
    )
  })

  it('authorities between are found, in every connection anew', async () => {
    const between = authority.below('Between')
    const leaf = between.issue({ name: 'leaf' })
    const { call } = await open({
      records: [registered('subject', 'CN=leaf')],
      config: { identifyBy: ['subject'] },
    })
    const chain = { cert: `${leaf.cert}${between.cert}`, key: leaf.key }
    expect(await call(chain)).toBe(200)
    expect(await call(chain)).toBe(200)
    expect(await call(leaf)).toBe('certificate_untrusted')
  })

  it('is known by the mark that the policy goes by, and by no other', async () => {
    const spiffe = registered('spiffe', 'spiffe://acme.test/payments')
    const byName = await open({ records: [spiffe], config: { identifyBy: ['subject', 'spiffe'] } })
    expect(await byName.call(good)).toBe(200)
    const byPrint = await open({ records: [spiffe] })
    expect(await byPrint.call(good)).toBe('certificate_unknown')
    // Two URIs are no SPIFFE id.
    const two = authority.issue({ name: 'x', uris: ['spiffe://acme.test/payments', 'https://acme.test'] })
    expect(await byName.call(two)).toBe('certificate_unknown')
  })

  it('without authorities a fingerprint is enough, of a certificate that vouches for itself', async () => {
    const own = createAuthority('self').issue({ name: 'self' })
    const { call } = await open({
      config: { authorities: null },
      records: [registered('fingerprint', fingerprintOf(own))],
    })
    expect(await call(own)).toBe(200)
    expect(await call(good)).toBe('certificate_unknown')
    expect(spec.config.safeParse({ identifyBy: ['subject'] }).success).toBe(false)
  })

  it('an authority that cannot be read lets nobody in', async () => {
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    const { call } = await open({ config: { authorities: broken } })
    expect(await call(good)).toBe('certificate_untrusted')
  })

  it('what a list names is refused, and without a list that can say nobody passes unless that was chosen', async () => {
    const kept = await open({ config: { revocationLists: authority.revoke([8, 9]) } })
    expect(await kept.call(good)).toBe(200)
    const revoked = await open({ config: { revocationLists: authority.revoke([7]) } })
    expect(await revoked.call(good)).toBe('certificate_revoked')
    const old = new Date(Date.now() - 1_000)
    const late = await open({ config: { revocationLists: authority.revoke([], old) } })
    expect(await late.call(good)).toBe('revocation_unavailable')
    const lateAndNamed = await open({
      config: { revocationLists: authority.revoke([7], old), whenRevocationUnknown: 'allow' },
    })
    expect(await lateAndNamed.call(good)).toBe('certificate_revoked')
    const strange = await open({ config: { revocationLists: other.revoke([7]) } })
    expect(await strange.call(good)).toBe('revocation_unavailable')
    // Of the right name and the wrong key.
    const forged = createAuthority('Clients').revoke([])
    expect(await (await open({ config: { revocationLists: forged } })).call(good)).toBe(
      'revocation_unavailable',
    )
    const allowed = await open({ config: { revocationLists: forged, whenRevocationUnknown: 'allow' } })
    expect(await allowed.call(good)).toBe(200)
  })

  it('a list that is read later counts from then on, also for a connection that is open', async () => {
    const feed = {
      lists: readRevocationLists(Buffer.from(authority.revoke([]))),
      count: 1,
      version: () => feed.count,
    }
    const { call } = await open({ config: { revocationListUrls: ['https://ca.test/list.crl'] }, feed })
    expect(await call(good)).toBe(200)
    feed.lists = readRevocationLists(Buffer.from(authority.revoke([7])))
    feed.count++
    expect(await call(good)).toBe('certificate_revoked')
  })
})

describe('C12 mTLS behind a proxy', () => {
  const raw = new X509Certificate(good.cert).raw.toString('base64')
  const field = `Client-Cert: :${raw}:\r\n`
  const escaped = `X-Client-Cert: ${encodeURIComponent(good.cert)}\r\n`

  const trustedProxies = ['127.0.0.1', '::1']

  it('a trusted one tells of the certificate of its client, in the field that was chosen', async () => {
    const { plain } = await open({ rig: { trustedProxies, certificateField: 'client-cert' } })
    expect(await plain(field)).toBe(200)
    expect(await plain('')).toBe('certificate_missing')
    expect(await plain('Client-Cert: hello\r\n')).toBe('certificate_malformed')
    const nginx = await open({ rig: { trustedProxies, certificateField: 'x-client-cert' } })
    expect(await nginx.plain(escaped)).toBe(200)
    expect(await nginx.plain('')).toBe('certificate_missing')
    expect(await nginx.plain('X-Client-Cert: hello\r\n')).toBe('certificate_malformed')
    expect(await plain(`${field}${field}`)).toBe('certificate_malformed')
  })

  it('what a proxy passes on in another field is the word of its client, and not believed', async () => {
    const silent = await open({ rig: { trustedProxies } })
    expect(await silent.plain(field)).toBe('certificate_missing')
    expect(await silent.plain(escaped)).toBe('certificate_missing')
    const { plain } = await open({ rig: { trustedProxies, certificateField: 'client-cert' } })
    expect(await plain(escaped)).toBe('certificate_missing')
    expect(await plain(`Client-Cert:\r\n${escaped}`)).toBe('certificate_missing')
    const nginx = await open({ rig: { trustedProxies, certificateField: 'x-client-cert' } })
    expect(await nginx.plain(field)).toBe('certificate_missing')
  })

  it('from anybody else the fields are not believed, and reach no upstream', async () => {
    const { rig, plain, call } = await open({})
    expect(await plain(field)).toBe('certificate_missing')
    expect(await plain(escaped)).toBe('certificate_missing')
    expect(await call({}, field)).toBe('certificate_missing')
    expect(await call(good, `${field}Client_Cert: x\r\n${escaped}Client-Cert-Chain: :AAAA:\r\n`)).toBe(200)
    expect(rig.seen[0]?.headers.filter((name) => /client.cert/i.test(name))).toEqual([])
  })

  it('the own certificate of a proxy is not that of its clients', async () => {
    const { call } = await open({ rig: { trustedProxies, certificateField: 'client-cert' } })
    expect(await call(good)).toBe('certificate_missing')
    expect(await call({}, field)).toBe(200)
  })
})
