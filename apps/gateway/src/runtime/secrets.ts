// The secrets of policy configurations, opened when a generation is compiled: sealed ones with the keys of SECRETS_KEY, and those
// that an operator keeps in the gateway's own surroundings (ADR 71) or in Vault (ADR 102).
import { readFileSync, realpathSync } from 'node:fs'
import { isAbsolute, sep } from 'node:path'
import { readSecret, type SecretForm } from '@gatewright/shared/policies/secret'
import type { Secret, Secrets } from '@gatewright/shared/policies/secret-ports'
import type { Keyring } from '@gatewright/shared/sealing/keyring'
import { type PolicySecretOwner, policySecretPlace } from '@gatewright/shared/sealing/policy-secret'
import { keyIdOf, open } from '@gatewright/shared/sealing/sealed'
import type { VaultLine } from './vault/line.ts'

/** Variables that configurations may name; no other one of the process. */
export const secretVariablePrefix = 'GATEWRIGHT_SECRET_'

export interface SecretSources {
  readonly keys: Keyring
  /** The one folder whose files configurations may name; null = none. */
  readonly folder: string | null
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly vault: Pick<VaultLine, 'open'>
}

export type SecretsOf = (owner: PolicySecretOwner) => Secrets

/** What opens the secrets of one attachment: those that were sealed for its tenant and its kind of policy. */
export function createSecrets(sources: SecretSources): SecretsOf {
  return (owner) => ({
    open(text, faultOf = () => null) {
      const form = readSecret(text)
      return form.kind === 'vault'
        ? sources.vault.open(form.name, faultOf)
        : fixed(readFixed(form, owner, sources), faultOf)
    },
  })
}

/** One that stays as it is for as long as the configuration does. */
function fixed(text: string, faultOf: (text: string) => string | null): Secret {
  const fault = faultOf(text)
  if (fault !== null) throw new Error(fault)
  return { text, key: text }
}

function readFixed(
  form: Exclude<SecretForm, { kind: 'vault' }>,
  owner: PolicySecretOwner,
  { keys, folder, variables }: SecretSources,
): string {
  switch (form.kind) {
    case 'plain':
      return form.text
    case 'sealed':
      return openSealed(form.id, form.envelope, owner, keys)
    case 'env':
      return readVariable(form.name, variables)
    case 'file':
      return readSecretFile(form.path, folder)
  }
}

function openSealed(id: string, envelope: string | null, owner: PolicySecretOwner, keys: Keyring): string {
  if (envelope === null)
    throw new Error(
      `its secret ${id} is kept by a control plane and did not come along: write the secret itself`,
    )
  const keyId = keyIdOf(envelope)
  if (keys.find(keyId) === undefined) {
    const held = keys.ids.length === 0 ? 'has no key' : `has only ${keys.ids.join(', ')}`
    throw new Error(
      `its secret ${id} is sealed under the key ${keyId}, and this gateway ${held}: ` +
        'start it with the SECRETS_KEY or SECRETS_KEY_FILE of the admin API',
    )
  }
  try {
    return open(envelope, policySecretPlace(owner, id), keys)
  } catch (cause) {
    throw new Error(
      `its secret ${id}, sealed under the key ${keyId}, cannot be opened: it was changed, or sealed for another tenant or policy`,
      { cause },
    )
  }
}

function readVariable(name: string, variables: SecretSources['variables']): string {
  if (!name.startsWith(secretVariablePrefix))
    throw new Error(`env:${name} may not be read: names of secrets begin with ${secretVariablePrefix}`)
  const value = variables[name]
  if (value === undefined || value === '') throw new Error(`the variable ${name} is not set on this gateway`)
  return value
}

const fileLengthMax = 65_536

/** Links inside the folder are followed, as mounted secrets are made of them; none leads out of it. */
function readSecretFile(path: string, folder: string | null): string {
  if (folder === null) throw new Error(`file:${path} may not be read: SECRETS_DIR names no folder`)
  let text: string
  try {
    const root = realpathSync(folder)
    const real = realpathSync(isAbsolute(path) ? path : `${root}${sep}${path}`)
    if (!real.startsWith(root + sep)) throw new Error('it is not in SECRETS_DIR')
    text = readFileSync(real, 'utf8')
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error
        ? `it cannot be read (${error.code})`
        : (error as Error).message
    throw new Error(`file:${path} may not be used: ${reason}`, { cause: error })
  }
  // Editors and `echo` end a file with a line break that is no part of the secret.
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '' || secret.length > fileLengthMax)
    throw new Error(`file:${path} holds no secret, or one of more than ${fileLengthMax} characters`)
  return secret
}
