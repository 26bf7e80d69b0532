// Keys that applications sign their requests with: made and removed, and true everywhere within two seconds, as other keys are.
import { createHash, createPublicKey, randomBytes, randomInt } from 'node:crypto'
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { signatureAlgorithm } from '@gatewright/shared/model/signing-key'
import { signingSecretPlace } from '@gatewright/shared/sealing/signing-secret'
import { type SignatureAlgorithm, signingKeyText } from '@gatewright/shared/signing-key'
import { Injectable } from '@nestjs/common'
import { causedRevisions, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Sealer } from '../infra/sealer.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuseField } from '../refusal.ts'
import { credentialNamed, NamedCredentials, type NamedRow } from './named-credentials.ts'

type Noun = typeof contract.signingKeys

@Injectable()
export class SigningKeysService implements Service<Noun> {
  constructor(
    private readonly named: NamedCredentials,
    private readonly sealer: Sealer,
  ) {}

  async list(call: TenantCall, { application }: InputOf<Noun['list']>) {
    const found = await this.named.list(call, application, 'signing_key')
    return { data: found.map((row) => this.#show(row)) }
  }

  async create(call: TenantCall, input: InputOf<Noun['create']>) {
    const { application: reference, environment, name, algorithm } = input
    const end = this.named.endOf(input.expiresAt)
    const publicKey = usablePublicKey(algorithm, input.publicKey)
    const created = await this.named.inOwn(call, reference, async (tx, application) => {
      const stage = await findEnvironment(tx.platform, environment)
      const [id, keyId] = [createId('key'), newKeyId()]
      const secret = publicKey === null ? randomBytes(32).toString('base64') : null
      const text = signingKeyText({ environment: stage.name, tenantId: call.tenant.id, keyId })
      const row = await this.named.create(call, tx, application, stage, {
        ...{ id, kind: 'signing_key', prefix: keyId, name, algorithm, publicKey, expiresAt: end },
        hash: createHash('sha256').update(text).digest('hex'),
        secret: secret === null ? null : this.sealer.seal(secret, signingSecretPlace(id)),
      })
      const after = this.#show(row)
      tx.audit({ action: 'signingKeys.create', resource: credentialNamed(row), before: null, after })
      return { ...after, secret }
    })
    return { ...created, revisions: causedRevisions(call) }
  }

  remove(call: TenantCall, input: InputOf<Noun['remove']>) {
    return this.named.remove(call, input, 'signing_key', (row) => this.#show(row))
  }

  #show(row: NamedRow) {
    const algorithm = signatureAlgorithm.parse(row.algorithm)
    return { ...this.named.show(row), keyId: row.prefix, algorithm, publicKey: row.publicKey }
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
