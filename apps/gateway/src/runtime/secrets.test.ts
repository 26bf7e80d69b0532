import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sealedSecret } from '@gatewright/shared/policies/secret'
import { Keyring } from '@gatewright/shared/sealing/keyring'
import { policySecretPlace } from '@gatewright/shared/sealing/policy-secret'
import { seal } from '@gatewright/shared/sealing/sealed'
import { afterAll, describe, expect, test } from 'vitest'
import { createSecrets, type SecretSources } from './secrets.ts'

const newKeys = () => Keyring.from({ SECRETS_KEY: randomBytes(32).toString('base64') })
const keys = newKeys()
const vault = { open: (reference: string) => ({ text: `kept in ${reference}`, key: reference }) }
const acme = { tenantId: 'ten_acme', type: 'headers' }

function secretsOf(
  more: Partial<SecretSources> = {},
  owner: { tenantId: string | null; type: string } = acme,
) {
  return createSecrets({ keys, folder: null, variables: {}, vault, ...more })(owner)
}

function sealedFor(owner: { tenantId: string | null; type: string }, text: string, under = keys): string {
  if (!under.current) throw new Error('no key')
  return sealedSecret('sec_1', seal(text, policySecretPlace(owner, 'sec_1'), under.current))
}

describe('C6 secrets of policies, in the gateway', () => {
  test('open what the control plane sealed for this tenant and this kind of policy', () => {
    expect(secretsOf().open(sealedFor(acme, 'open sesame')).text).toBe('open sesame')
    const everywhere = { tenantId: null, type: 'headers' }
    expect(secretsOf({}, everywhere).open(sealedFor(everywhere, 'for all')).text).toBe('for all')
  })

  test.each([
    ['another tenant', { ...acme, tenantId: 'ten_evil' }],
    ['everybody', { ...acme, tenantId: null }],
    ['another kind of policy', { ...acme, type: 'jwt' }],
  ])('stay closed for %s', (_, owner) => {
    expect(() => secretsOf({}, owner).open(sealedFor(acme, 'open sesame'))).toThrow(
      'sealed for another tenant or policy',
    )
  })

  test('stay closed under another id, and without the key say which one is missing', () => {
    const sealed = sealedFor(acme, 'open sesame')
    expect(() => secretsOf().open(sealed.replace('sec_1', 'sec_2'))).toThrow('cannot be opened')
    expect(() => secretsOf({ keys: newKeys() }).open(sealed)).toThrow(
      `sealed under the key ${keys.current?.id}, and this gateway has only`,
    )
    expect(() => secretsOf({ keys: Keyring.from({}) }).open(sealed)).toThrow('this gateway has no key')
    expect(() => secretsOf().open('sealed:sec_1')).toThrow('did not come along')
  })

  test('in the surroundings of the gateway are those whose name says so, and no other variable', () => {
    const variables = { GATEWRIGHT_SECRET_A: 'from outside', DATABASE_URL: 'postgres://…', SECRETS_KEY: 'x' }
    expect(secretsOf({ variables }).open('env:GATEWRIGHT_SECRET_A').text).toBe('from outside')
    for (const name of ['DATABASE_URL', 'SECRETS_KEY', 'gatewright_secret_a', '__proto__', ''])
      expect(() => secretsOf({ variables }).open(`env:${name}`), name).toThrow('names of secrets begin with')
    expect(() => secretsOf({ variables }).open('env:GATEWRIGHT_SECRET_B')).toThrow('is not set')
  })

  test('in Vault are read from there, and a sealed text that looks like a reference is a text', () => {
    expect(secretsOf().open('vault:kv/data/a#b').text).toBe('kept in kv/data/a#b')
    expect(secretsOf().open(sealedFor(acme, 'vault:kv/data/a#b')).text).toBe('vault:kv/data/a#b')
  })

  test('that cannot be used for their purpose are refused with what is wrong, without the secret', () => {
    const faultOf = (text: string) => (text === 'fine' ? null : 'it is not fine')
    expect(secretsOf().open('fine', faultOf).text).toBe('fine')
    expect(() => secretsOf().open(sealedFor(acme, 'open sesame'), faultOf)).toThrow(/^it is not fine$/)
  })
})

describe('C6 secrets in files', () => {
  const root = mkdtempSync(join(tmpdir(), 'gatewright-secrets-'))
  const folder = join(root, 'secrets')
  mkdirSync(join(folder, '..data'), { recursive: true })
  writeFileSync(join(folder, '..data', 'token'), 'in a mount\n')
  symlinkSync('..data/token', join(folder, 'token'))
  writeFileSync(join(root, 'outside'), 'not for tenants')
  mkdirSync(join(root, 'secrets-too'))
  writeFileSync(join(root, 'secrets-too', 'a'), 'neighbour')
  symlinkSync('../outside', join(folder, 'leak'))
  afterAll(() => rmSync(root, { recursive: true }))

  test('are read from the folder of secrets, through links that stay in it', () => {
    expect(secretsOf({ folder }).open('file:token').text).toBe('in a mount')
    expect(secretsOf({ folder }).open(`file:${join(folder, 'token')}`).text).toBe('in a mount')
  })

  test.each([
    'file:../outside',
    'file:leak',
    'file:/etc/passwd',
    `file:${join(root, 'secrets-too', 'a')}`,
    'file:.',
    'file:',
    'file:nothing',
    'file:token\0',
  ])('are not read from anywhere else: %s', (text) => {
    expect(() => secretsOf({ folder }).open(text)).toThrow(/may not be used/)
    expect(() => secretsOf().open(text)).toThrow('SECRETS_DIR names no folder')
  })
})
