// Certificates of hosts over HTTP on a real Postgres: what is read of them, what gateways get, and that no key comes back.
import { randomBytes } from 'node:crypto'
import { Keyring } from '@gatewright/shared/sealing/keyring'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../../gateway/src/testing/certificates.fixture.ts'
import { createCertificateOpener } from '../../../gateway/src/tls/central-certificates.ts'
import { Database } from '../infra/database.ts'
import { buildSnapshot } from '../publishing/snapshot.ts'
import { readSnapshotRows } from '../publishing/snapshot-rows.ts'
import { type Caller, startTestApp, type TestApp } from '../testing/app.fixture.ts'

const key = randomBytes(32).toString('base64')
let app: TestApp
let admin: Caller
beforeAll(async () => {
  app = await startTestApp({ SECRETS_KEY: key })
  admin = await app.admin()
  const prod = { name: 'prod', title: 'Production', gatewayUrl: 'https://gw.example' }
  await admin.must('POST', '/environments', { body: prod })
})
afterAll(() => app?.close())

const authority = createAuthority('Edge')
const first = authority.issue({ name: 'first', hosts: ['api.example.com', '*.example.com'] })
const second = authority.issue({ name: 'second', hosts: ['api.example.com'] })
const path = '/environments/prod/certificates'
const body = (pair: { cert: string; key: string }) => ({ chain: pair.cert, privateKey: pair.key })

async function snapshot() {
  const { everything: prisma } = app.get(Database)
  const { id } = await prisma.environment.findUniqueOrThrow({ where: { name: 'prod' } })
  return buildSnapshot(await readSnapshotRows(prisma, id))
}

describe('C12 central certificates', () => {
  it('go to gateways with a key that only they can open, and never come back', async () => {
    const hash = (await snapshot()).certificates
    expect(hash).toBeUndefined()
    const made = await admin.must<{ id: string; version: number }>('POST', path, {
      body: { name: 'api', isDefault: true, ...body(first) },
    })
    expect(made).toMatchObject({
      hosts: ['api.example.com', '*.example.com'],
      subject: 'CN=first',
      isDefault: true,
      expiry: 'urgent',
    })
    expect(JSON.stringify(made)).not.toContain('PRIVATE KEY')
    const listed = await admin.must('GET', path)
    expect(JSON.stringify(listed)).not.toContain('PRIVATE KEY')

    const { certificates = [] } = await snapshot()
    expect(JSON.stringify(certificates)).not.toContain('PRIVATE KEY')
    const open = createCertificateOpener(Keyring.from({ SECRETS_KEY: key }))
    const shown = open(certificates)
    expect(shown).toMatchObject([
      { hosts: ['api.example.com', '*.example.com'], key: first.key, isDefault: true },
    ])
    // What did not change is not made anew.
    expect(open((await snapshot()).certificates ?? [])).toBe(shown)
    const stranger = createCertificateOpener(
      Keyring.from({ SECRETS_KEY: randomBytes(32).toString('base64') }),
    )
    expect(() => stranger(certificates)).toThrow(/certificate api: .*SECRETS_KEY/)

    await admin.must('PUT', `${path}/api`, {
      body: body(second),
      headers: { 'If-Match': `"${made.version}"` },
    })
    expect(open((await snapshot()).certificates ?? [])).toMatchObject([{ key: second.key, isDefault: false }])
    await admin.must('DELETE', `${path}/api`, { headers: { 'If-Match': `"${made.version + 1}"` } })
    expect((await snapshot()).certificates).toBeUndefined()
  })

  it('are refused with the field that is wrong, and the key is in no answer', async () => {
    const wrong = await admin.send('POST', path, {
      body: { name: 'wrong', chain: first.cert, privateKey: second.key },
    })
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
    expect(JSON.stringify(wrong.body)).toContain('/privateKey')
    expect(JSON.stringify(wrong.body)).not.toContain('PRIVATE KEY')
    const owner = await app.signUp('owner@certs.example')
    expect((await owner.send('GET', path)).status).toBe(403)
  })
})
