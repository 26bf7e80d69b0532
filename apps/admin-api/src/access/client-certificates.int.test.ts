// Client certificates over HTTP on a real Postgres: read from PEM or written by hand, and what gateways find under their hash.
import { createHash, X509Certificate } from 'node:crypto'
import { clientCertificateText } from '@gatewright/shared/client-certificate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../gateway/src/testing/certificates.fixture.ts'
import { Database } from '../infra/database.ts'
import { readCredentialRecords } from '../publishing/credential-records.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer } from '../testing/offer.fixture.ts'

let app: TestApp
let developer: Caller
beforeAll(async () => {
  app = await startTestApp()
  await createOffer(app, 'acme')
  developer = await app.signUp('dev@acme.example', { join: 'acme' })
})
afterAll(() => app?.close())

interface Shown {
  readonly id: string
  readonly by: string
  readonly value: string
  readonly state: string
}

const certificate = createAuthority('Clients').issue({
  name: 'payments',
  uris: ['spiffe://acme.test/payments'],
})
const fingerprint = new X509Certificate(certificate.cert).fingerprint256.replaceAll(':', '').toLowerCase()

const create = (title: string) =>
  developer.must<{ id: string; name: string }>('POST', '/tenants/acme/applications', { body: { title } })
const pathOf = (application: string) => `/tenants/acme/applications/${application}/client-certificates`
const register = (application: string, body: object) =>
  developer.send<Shown>('POST', pathOf(application), { body: { environment: 'prod', ...body } })

async function recordOf(by: 'fingerprint' | 'spiffe' | 'subject', value: string) {
  const { everything: prisma } = app.get(Database)
  const environment = await prisma.environment.findUniqueOrThrow({ where: { name: 'prod' } })
  const tenant = await prisma.tenant.findUniqueOrThrow({ where: { name: 'acme' } })
  const text = clientCertificateText({ environment: 'prod', tenantId: tenant.id, by, value })
  const hash = createHash('sha256').update(text).digest('hex')
  return (await readCredentialRecords(prisma, environment.id, [hash])).get(hash)
}

describe('C12 client certificates of applications', () => {
  it('are known by a mark of the certificate, until they are removed', async () => {
    const { name } = await create('Payments')
    const made = await register(name, { value: certificate.cert })
    expect(made).toMatchObject({
      status: 201,
      body: { by: 'fingerprint', value: fingerprint, state: 'active' },
    })
    expect(await recordOf('fingerprint', fingerprint)).toMatchObject({
      kind: 'client-certificate',
      credentialId: made.body.id,
      state: 'active',
    })
    const spiffe = await register(name, { by: 'spiffe', value: certificate.cert })
    expect(spiffe.body.value).toBe('spiffe://acme.test/payments')
    const subject = await register(name, { by: 'subject', value: 'subject=cn = payments' })
    expect(subject.body.value).toBe('CN=payments')
    const { data } = await developer.must<{ data: Shown[] }>('GET', pathOf(name))
    expect(data.map(({ by }) => by).sort()).toEqual(['fingerprint', 'spiffe', 'subject'])
    // Keys and OAuth clients are lists of their own.
    const clients = await developer.must<{ data: unknown[] }>(
      'GET',
      `/tenants/acme/applications/${name}/oauth-clients`,
    )
    expect(clients.data).toEqual([])
    await developer.must('DELETE', `${pathOf(name)}/${made.body.id}`)
    expect(await recordOf('fingerprint', fingerprint)).toMatchObject({ state: 'revoked' })
    expect((await register(name, { value: fingerprint })).status).toBe(201)
  })

  it('belong to one application', async () => {
    const [one, two] = [await create('One'), await create('Two')]
    expect((await register(one.name, { value: `${'AB:'.repeat(31)}AB` })).body.value).toBe('ab'.repeat(32))
    expect(await register(two.name, { value: 'ab'.repeat(32) })).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    })
  })

  it('are refused with a sentence when there is no such mark', async () => {
    const { name } = await create('Wrong')
    for (const body of [
      { value: 'hello' },
      { value: certificate.key },
      { by: 'spiffe', value: 'https://acme.test' },
      { by: 'subject', value: 'payments' },
      { value: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
    ]) {
      const answer = await register(name, body)
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
      expect(JSON.stringify(answer.body)).not.toContain('PRIVATE KEY-----')
    }
  })
})
