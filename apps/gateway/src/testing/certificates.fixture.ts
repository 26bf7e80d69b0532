// Certificates made on the spot for tests: authorities, servers and clients, as valid or as wrong as a test needs them.
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIPv4 } from 'node:net'

export interface TestCertificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

interface CertificateWish {
  readonly name: string
  /** Host names and IPv4 addresses that it is for. */
  readonly hosts?: readonly string[]
  /** URIs that it is for, such as SPIFFE ids. */
  readonly uris?: readonly string[]
  /** Who vouches for it; itself when nobody does. */
  readonly issuer?: TestAuthority
  /** Of the certificate; default: any. */
  readonly serial?: number
  /** What it may be used for (RFC 5280 4.2.1.12), in hex; default: it does not say. */
  readonly purposeIds?: readonly string[]
  readonly validFrom?: Date
  readonly validTo?: Date
}

export interface TestAuthority extends TestCertificate {
  readonly name: string
  issue(wish: Omit<CertificateWish, 'issuer'>): TestCertificate
  /** An authority below this one. */
  below(name: string): TestAuthority
  /** PEM: the numbers of certificates that are good no more (RFC 5280 5). */
  revoke(serials: readonly number[], nextUpdate?: Date): string
}

const dayMs = 86_400_000

export function createAuthority(name: string, issuer?: TestAuthority): TestAuthority {
  const authority: TestAuthority = {
    name,
    ...createCertificate({ name, ...(issuer === undefined ? {} : { issuer }) }, true),
    issue: (wish) => createCertificate({ ...wish, issuer: authority }, false),
    below: (other) => createAuthority(other, authority),
    revoke: (serials, nextUpdate) => createList(authority, serials, nextUpdate),
  }
  return authority
}

function createList(issuer: TestAuthority, serials: readonly number[], nextUpdate?: Date): string {
  const algorithm = sequence(objectId('2a8648ce3d040302'))
  const now = time(new Date(Date.now() - 60_000))
  const body = sequence(
    der(0x02, Buffer.from([1])),
    algorithm,
    distinguishedName(issuer.name),
    now,
    time(nextUpdate ?? new Date(Date.now() + dayMs)),
    ...(serials.length === 0
      ? []
      : [sequence(...serials.map((serial) => sequence(der(0x02, Buffer.from([serial])), now)))]),
  )
  const signature = sign('sha256', body, createPrivateKey(issuer.key))
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return pem('X509 CRL', whole)
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}

// RFC 5280 4.1, with ECDSA over P-256 (RFC 5758).
function createCertificate(
  { name, hosts = [], uris = [], issuer, serial, purposeIds = [], validFrom, validTo }: CertificateWish,
  isAuthority: boolean,
): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = sequence(objectId('2a8648ce3d040302'))
  const extensions = [
    extension('551d13', true, sequence(...(isAuthority ? [der(0x01, Buffer.from([0xff]))] : []))),
    ...(hosts.length + uris.length > 0
      ? [
          extension(
            '551d11',
            false,
            sequence(...hosts.map(hostName), ...uris.map((uri) => der(0x86, Buffer.from(uri)))),
          ),
        ]
      : []),
    ...(purposeIds.length > 0 ? [extension('551d25', false, sequence(...purposeIds.map(objectId)))] : []),
  ]
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(
      0x02,
      serial === undefined ? Buffer.concat([Buffer.from([1]), randomBytes(8)]) : Buffer.from([serial]),
    ),
    algorithm,
    distinguishedName(issuer?.name ?? name),
    sequence(time(validFrom ?? new Date(Date.now() - dayMs)), time(validTo ?? new Date(Date.now() + dayMs))),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const signer: KeyObject = issuer === undefined ? privateKey : createPrivateKey(issuer.key)
  const signature = sign('sha256', body, signer)
  const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return {
    cert: pem('CERTIFICATE', whole),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Tag, length, value (X.690). */
function der(tag: number, value: Uint8Array): Buffer {
  const { length } = value
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), value])
}

const sequence = (...items: readonly Uint8Array[]) => der(0x30, Buffer.concat(items))
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))

function distinguishedName(name: string): Buffer {
  return sequence(der(0x31, sequence(objectId('550403'), der(0x0c, Buffer.from(name)))))
}

function hostName(host: string): Buffer {
  return isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host))
}

function time(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))
}

function extension(idHex: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [der(0x01, Buffer.from([0xff]))] : []
  return sequence(objectId(idHex), ...critical, der(0x04, value))
}
