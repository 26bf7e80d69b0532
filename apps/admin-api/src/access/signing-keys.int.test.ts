// Signing keys over HTTP on a real Postgres and Redis: made, carried to gateways sealed, removed.
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import { credentialsKey } from '@gatewright/shared/channels'
import { Keyring } from '@gatewright/shared/sealing/keyring'
import { open } from '@gatewright/shared/sealing/sealed'
import { signingSecretPlace } from '@gatewright/shared/sealing/signing-secret'
import { signingKeyText } from '@gatewright/shared/signing-key'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../infra/database.ts'
import { Redis } from '../infra/redis.ts'
import { Publisher } from '../publishing/publisher.ts'
import { startTestApp, type TestApp } from '../testing/app.fixture.ts'
import { createOffer, type Offer, onceOnly } from '../testing/offer.fixture.ts'

const key = randomBytes(32).toString('base64')
const keyring = Keyring.from({ SECRETS_KEY: key })
let app: TestApp
let acme: Offer
const at = '/tenants/acme/applications/reading-list/signing-keys'
beforeAll(async () => {
  app = await startTestApp({ SECRETS_KEY: key })
  acme = await createOffer(app, 'acme')
  await acme.owner.must('POST', '/tenants/acme/applications', { body: { title: 'Reading list' } })
})
afterAll(() => app?.close())

interface Made {
  readonly id: string
  readonly keyId: string
  readonly secret: string | null
}
const create = (body: object) =>
  acme.owner.send<Made & { code?: string; errors?: { pointer: string }[] }>('POST', at, {
    body: { environment: 'prod', ...body },
    headers: onceOnly(),
  })

/** What gateways find under the name of a key. */
async function record(keyId: string): Promise<{
  state: string
  credentialId: string
  signing: { algorithm: string; secret: string | null; publicKey: string | null }
}> {
  const everything = app.get(Database).everything
  const { id } = await everything.environment.findFirstOrThrow({ where: { name: 'prod' } })
  await app.get(Publisher).publish(id)
  const { id: tenantId } = await everything.tenant.findFirstOrThrow({ where: { name: 'acme' } })
  const hash = createHash('sha256')
    .update(signingKeyText({ environment: 'prod', tenantId, keyId }))
    .digest('hex')
  return JSON.parse((await app.get(Redis).client.hget(credentialsKey('prod'), hash)) ?? '{}')
}

describe('C6 signing keys of an application', () => {
  it('with a shared secret show it once, and keep it sealed to their row', async () => {
    const { status, body } = await create({})
    expect(status).toBe(201)
    expect(body.keyId).toMatch(/^GWK[0-9A-Z]{17}$/)
    const secret = body.secret ?? ''
    expect(Buffer.from(secret, 'base64')).toHaveLength(32)
    const elsewhere = JSON.stringify([
      await acme.owner.must('GET', at),
      await acme.owner.must('GET', '/tenants/acme/manifest'),
      await acme.owner.must('GET', '/tenants/acme/audit'),
    ])
    expect(elsewhere).toContain(body.keyId)
    expect(elsewhere).not.toContain(secret)
    const { signing, credentialId } = await record(body.keyId)
    expect(signing).toMatchObject({ algorithm: 'hmac-sha256', publicKey: null })
    expect(signing.secret).not.toContain(secret)
    expect(open(signing.secret ?? '', signingSecretPlace(credentialId), keyring)).toBe(secret)
    expect(() => open(signing.secret ?? '', signingSecretPlace('key_other'), keyring)).toThrow(
      'another place',
    )
  })

  it('with a public key have no secret, and are refused when the key does not fit', async () => {
    const pem = (it: ReturnType<typeof generateKeyPairSync>['publicKey'] | { export: unknown }) =>
      (it as { export(how: object): string }).export({ type: 'spki', format: 'pem' })
    const ed25519 = pem(generateKeyPairSync('ed25519').publicKey)
    const weak = pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)
    const otherCurve = pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey)
    const good = await create({ algorithm: 'ed25519', publicKey: ed25519 })
    expect(good).toMatchObject({ status: 201, body: { secret: null, algorithm: 'ed25519' } })
    expect((await record(good.body.keyId)).signing).toMatchObject({ secret: null, publicKey: ed25519 })
    for (const wrong of [
      { algorithm: 'hmac-sha256', publicKey: ed25519 },
      { algorithm: 'ed25519' },
      { algorithm: 'ecdsa-p256-sha256', publicKey: ed25519 },
      { algorithm: 'ecdsa-p256-sha256', publicKey: otherCurve },
      { algorithm: 'rsa-pss-sha512', publicKey: weak },
      { algorithm: 'ed25519', publicKey: '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----' },
    ]) {
      const refused = await create(wrong)
      expect(refused, JSON.stringify(wrong)).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/publicKey' }] },
      })
    }
  })

  it('that are removed are gone for gateways, and their secret for Postgres', async () => {
    const { body } = await create({})
    await acme.owner.must('DELETE', `${at}/${body.id}`)
    expect(await record(body.keyId)).toMatchObject({ state: 'revoked', signing: { secret: null } })
    const row = await app.get(Database).everything.credential.findUniqueOrThrow({ where: { id: body.id } })
    expect(row).toMatchObject({ state: 'revoked', secret: null })
    expect((await acme.owner.send('DELETE', `${at}/${body.id}`)).status).toBe(404)
  })
})
