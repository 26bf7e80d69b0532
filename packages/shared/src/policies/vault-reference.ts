// References to secrets in HashiCorp Vault, key/value version 2: `vault:<mount>/data/<path>?version=<n>#<key>`, the path as Vault's
// own API has it (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2), so that a name says which policy of Vault opens it.

export interface VaultReference {
  /** Behind `/v1/`, segment by segment, as they are: not encoded. */
  readonly segments: readonly string[]
  /** null = the newest. */
  readonly version: number | null
  readonly key: string
}

const lengthMax = 1_024
const form = 'vault:<mount>/data/<path>#<key>'
// Neither what a URL gives a meaning nor what would end a line of a log.
const segment = /^[^\p{Cc}\p{Cs}/?#%\\]+$/u

/** `name`: what stands behind `vault:`. A string says what is wrong with it. */
export function readVaultReference(name: string): VaultReference | string {
  if (name.length > lengthMax) return `it has more than ${lengthMax} characters`
  const [, place = '', query, key] = /^([^?#]*)(?:\?([^#]*))?#(.*)$/s.exec(name) ?? []
  if (key === undefined) return `it names no key: write ${form}`
  if (key === '' || /[\p{Cc}\p{Cs}]/u.test(key))
    return 'its key is empty or has characters that cannot be seen'
  const segments = place.split('/')
  if (segments.some((part) => !segment.test(part) || /^\.\.?$/.test(part)))
    return 'its path has an empty part, “.” or “..”, or one of the characters ? # % \\'
  if (!segments.slice(1, -1).includes('data'))
    return `it is not of the form ${form}, as for key/value version 2`
  if (query === undefined) return { segments, version: null, key }
  const [, version] = /^version=([1-9]\d{0,8})$/.exec(query) ?? []
  if (version === undefined) return 'behind ? only version=<number> may stand'
  return { segments, version: Number(version), key }
}
