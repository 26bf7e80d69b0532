// The text form of an API key: `gw_<env>_<id>_<secret>_<crc>`; the checksum refuses typos and scans without a look-up.

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const idLength = 12
const secretLength = 32
const checksumLength = 6

const pattern = /^gw_([a-z0-9-]{1,32})_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})_([0-9A-Za-z]{6})$/

export interface KeyParts {
  readonly environment: string
  readonly id: string
}

/** A new key of an environment: 32 secret characters, about 190 bits. The whole text is shown once and never stored. */
export function createKey(environment: string): string {
  const body = `gw_${environment}_${randomText(idLength)}_${randomText(secretLength)}`
  return `${body}_${checksum(body)}`
}

/** Its parts, or null when the form or the checksum is wrong. Says nothing about whether the key exists. */
export function parseKey(key: string): KeyParts | null {
  const match = pattern.exec(key)
  if (!match) return null
  const [, environment = '', id = '', , crc] = match
  return checksum(key.slice(0, -checksumLength - 1)) === crc ? { environment, id } : null
}

/** What may be shown of a key after its creation. */
export function keyHint(key: string): { prefix: string; last4: string } {
  const parts = parseKey(key)
  if (!parts) throw new Error('not a Gatewright key')
  return {
    prefix: `gw_${parts.environment}_${parts.id}`,
    last4: key.slice(-checksumLength - 5, -checksumLength - 1),
  }
}

const keysInText = /(gw_[a-z0-9-]{1,32}_[0-9a-z]{12})_[0-9a-z]{32}_[0-9a-z]{6}/gi

/** A text without the secrets of keys in it: people put keys into addresses, and addresses into records. The hint stays. */
export function withoutKeys(text: string): string {
  return text.includes('gw_') ? text.replace(keysInText, '$1_…') : text
}

function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    // 248 is the largest multiple of 62 in a byte: larger bytes are thrown away, so no character is likelier.
    for (const byte of globalThis.crypto.getRandomValues(new Uint8Array(length * 2))) {
      if (byte < 248 && text.length < length) text += alphabet.charAt(byte % 62)
    }
  }
  return text
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

// CRC-32 (ISO 3309) in base 62, as GitHub's token format does, so that secret scanners can check a candidate offline.
function checksum(text: string): string {
  let crc = 0xffffffff
  for (let i = 0; i < text.length; i++) crc = (crcTable[(crc ^ text.charCodeAt(i)) & 0xff] ?? 0) ^ (crc >>> 8)
  let rest = (crc ^ 0xffffffff) >>> 0
  let out = ''
  for (let i = 0; i < checksumLength; i++, rest = Math.floor(rest / 62))
    out = alphabet.charAt(rest % 62) + out
  return out
}
