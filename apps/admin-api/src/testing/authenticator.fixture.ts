// A passkey in software: what a phone or a security key does, with every field that a test wants to get wrong.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

interface Options {
  readonly challenge: string
}

interface Twist {
  readonly origin?: string
  readonly challenge?: string
  /** Whether the device asked its person (user verification). */
  readonly verified?: boolean
}

export class Authenticator {
  readonly #id = randomBytes(16)
  readonly #key: KeyObject
  readonly #point: { x: string; y: string }
  #counter = 0

  constructor(
    private readonly site = 'localhost',
    private readonly origin = 'http://localhost:8080',
  ) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
    this.#key = privateKey
    this.#point = { x, y }
  }

  register({ challenge }: Options, twist: Twist = {}) {
    const client = this.#client('webauthn.create', challenge, twist)
    const authData = Buffer.concat([
      this.#data(twist, 0x40),
      Buffer.alloc(16),
      lengthOf(this.#id),
      this.#id,
      this.#cose(),
    ])
    // {"fmt": "none", "attStmt": {}, "authData": bytes}
    const attestation = Buffer.concat([
      Buffer.from([0xa3]),
      ...[text('fmt'), text('none'), text('attStmt'), Buffer.from([0xa0]), text('authData'), bytes(authData)],
    ])
    return this.#credential({
      clientDataJSON: client.toString('base64url'),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    })
  }

  answer({ challenge }: Options, twist: Twist = {}) {
    this.#counter++
    const client = this.#client('webauthn.get', challenge, twist)
    const data = this.#data(twist, 0)
    const signed = Buffer.concat([data, createHash('sha256').update(client).digest()])
    return this.#credential({
      clientDataJSON: client.toString('base64url'),
      authenticatorData: data.toString('base64url'),
      signature: sign('sha256', signed, this.#key).toString('base64url'),
    })
  }

  #credential<T>(response: T) {
    const id = this.#id.toString('base64url')
    return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} }
  }

  #client(type: string, challenge: string, twist: Twist): Buffer {
    const { origin = this.origin } = twist
    return Buffer.from(
      JSON.stringify({ type, challenge: twist.challenge ?? challenge, origin, crossOrigin: false }),
    )
  }

  /** RP ID hash, flags, counter (WebAuthn 6.1). */
  #data({ verified = true }: Twist, more: number): Buffer {
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(this.#counter)
    const flags = 0x01 | (verified ? 0x04 : 0) | more
    return Buffer.concat([createHash('sha256').update(this.site).digest(), Buffer.from([flags]), counter])
  }

  /** {1: 2, 3: -7, -1: 1, -2: x, -3: y}: an EC2 key for ES256 (RFC 9053). */
  #cose(): Buffer {
    const { x, y } = this.#point
    return Buffer.concat([
      Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
      bytes(Buffer.from(x, 'base64url')),
      Buffer.from([0x22]),
      bytes(Buffer.from(y, 'base64url')),
    ])
  }
}

const lengthOf = ({ length }: Buffer) => Buffer.from([length >> 8, length & 255])
const text = (value: string) => Buffer.concat([Buffer.from([0x60 | value.length]), Buffer.from(value)])
const bytes = (value: Buffer) =>
  Buffer.concat([
    value.length < 256
      ? Buffer.from([0x58, value.length])
      : Buffer.from([0x59, value.length >> 8, value.length & 255]),
    value,
  ])
