// Keys that applications sign their requests with: made and removed, and true everywhere within two seconds, as other keys are.
import { createHash, createPublicKey, randomBytes, randomInt } from 'node:crypto'
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { signatureAlgorithm } from '@gatewright/shared/model/signing-key'
import { signingSecretPlace } from '@gatewright/shared/sealing/signing-secret'
import { type SignatureAlgorithm, signingKeyText } from '@gatewright/shared/signing-key'
import { Injectable } from '@nestjs/common'
import { causedRevisions, signedIn, type TenantCall } from '../call.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Sealer } from '../infra/sealer.ts'
import { Changes } from '../publishing/change.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuse, refuseField } from '../refusal.ts'
import { findApplication, findOwnApplication, holdOwner, lockApplication } from './application-view.ts'

type Noun = typeof contract.signingKeys

const rows = { environment: { select: { id: true, name: true } } } satisfies Prisma.CredentialInclude
type Row = Prisma.CredentialGetPayload<{ include: typeof rows }>

// Bounds what one application can make of the gateways' caches.
const keysPerApplication = 100

@Injectable()
export class SigningKeysService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {}

  async list(call: TenantCall, { application }: InputOf<Noun['list']>) {
    const { id } = await findApplication(call, call.db, application)
    const found = await call.db.credential.findMany({
      where: { applicationId: id, kind: 'signing_key', state: 'active' },
      include: rows,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    })
    return { data: found.map((row) => this.#show(row)) }
  }

  async create(
    call: TenantCall,
    {
      application: reference,
      environment,
      name,
      algorithm,
      publicKey: pem,
      expiresAt,
    }: InputOf<Noun['create']>,
  ) {
    const end = expiresAt === null ? null : new Date(expiresAt)
    if (end !== null && end <= this.clock.now())
      refuseField('invalid_input', '/expiresAt', 'Use a time that is still to come')
    const publicKey = usablePublicKey(algorithm, pem)
    const created = await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      await holdOwner(tx, application)
      const stage = await findEnvironment(tx.platform, environment)
      const held = await tx.db.credential.count({
        where: { applicationId: application.id, kind: 'signing_key', state: 'active' },
      })
      if (held >= keysPerApplication)
        refuse('limit_reached', `The application has ${held} signing keys, which is the most it may have`)
      const [id, keyId] = [createId('key'), newKeyId()]
      const secret = publicKey === null ? randomBytes(32).toString('base64') : null
      const hash = createHash('sha256')
        .update(signingKeyText({ environment: stage.name, tenantId: call.tenant.id, keyId }))
        .digest('hex')
      const row = await tx.db.credential.create({
        data: {
          id,
          tenantId: call.tenant.id,
          applicationId: application.id,
          environmentId: stage.id,
          kind: 'signing_key',
          name,
          hash,
          prefix: keyId,
          last4: '',
          algorithm,
          publicKey,
          secret: secret === null ? null : this.sealer.seal(secret, signingSecretPlace(id)),
          expiresAt: end,
          createdBy: signedIn(call).id,
          createdAt: this.clock.now(),
        },
        include: rows,
      })
      tx.access(stage.id, [hash])
      const after = this.#show(row)
      tx.audit({ action: 'signingKeys.create', resource: keyNamed(row), before: null, after })
      return { ...after, secret }
    })
    return { ...created, revisions: causedRevisions(call) }
  }

  async remove(call: TenantCall, { application: reference, credential }: InputOf<Noun['remove']>) {
    await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      const before = await tx.db.credential.findFirst({
        where: { id: credential, applicationId: application.id, kind: 'signing_key', state: 'active' },
        include: rows,
      })
      if (before === null)
        return refuse('not_found', `The application ${application.name} has no such signing key`)
      await tx.db.credential.update({
        where: { id: before.id },
        data: {
          state: 'revoked',
          // What nothing opens any more need not be kept.
          secret: null,
          revokedAt: this.clock.now(),
          version: { increment: 1 },
        },
      })
      tx.access(before.environmentId, [before.hash])
      tx.audit({
        action: 'signingKeys.remove',
        resource: keyNamed(before),
        before: this.#show(before),
        after: null,
      })
    })
    return { revisions: causedRevisions(call) }
  }

  #show(row: Row) {
    const isOver = row.expiresAt !== null && row.expiresAt <= this.clock.now()
    return {
      id: row.id,
      name: row.name,
      environment: row.environment.name,
      keyId: row.prefix,
      algorithm: signatureAlgorithm.parse(row.algorithm),
      publicKey: row.publicKey,
      state: isOver ? ('expired' as const) : ('active' as const),
      expiresAt: row.expiresAt?.toISOString() ?? null,
      lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
    }
  }
}

const idAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

const newKeyId = () =>
  `GWK${Array.from({ length: 17 }, () => idAlphabet.charAt(randomInt(idAlphabet.length))).join('')}`

/** The key in PEM as gateways get it; null with a shared secret. Refuses keys that are of another kind, or too weak. */
function usablePublicKey(algorithm: SignatureAlgorithm, pem: string | null): string | null {
  const wrong = (detail: string) => refuseField('invalid_input', '/publicKey', detail)
  if (algorithm === 'hmac-sha256') {
    if (pem !== null) wrong('hmac-sha256 has a shared secret, which is made here: send no public key')
    return null
  }
  if (pem === null) return wrong(`${algorithm} needs a public key`)
  let key: ReturnType<typeof createPublicKey>
  try {
    key = createPublicKey(pem)
  } catch {
    return wrong('It is no public key in PEM')
  }
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  const type = key.asymmetricKeyType
  if (algorithm === 'ed25519' && type !== 'ed25519') wrong('ed25519 needs an Ed25519 key')
  if (algorithm === 'ecdsa-p256-sha256' && (type !== 'ec' || namedCurve !== 'prime256v1'))
    wrong('ecdsa-p256-sha256 needs a key of the curve P-256')
  if (algorithm === 'rsa-pss-sha512') {
    // As for tokens; above 4,096 bits whoever calls could make gateways work.
    if (
      type !== 'rsa' ||
      modulusLength < 2_048 ||
      modulusLength > 4_096 ||
      publicExponent > 65_537n ||
      publicExponent < 3n
    )
      wrong('rsa-pss-sha512 needs an RSA key of 2048 to 4096 bits with an exponent of at most 65537')
  }
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

const keyNamed = ({ id, prefix }: Row) => ({ kind: 'credential', id, name: prefix })
