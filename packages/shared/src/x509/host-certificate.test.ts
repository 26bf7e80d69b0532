import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAuthority } from '../../../../apps/gateway/src/testing/certificates.fixture.ts'
import { CertificateFault, readHostCertificate } from './host-certificate.ts'

const root = createAuthority('root')
const leaf = root.issue({ name: 'leaf', hosts: ['API.example.com', '*.example.com', '127.0.0.1'] })
const nowMs = Date.now()

const faultOf = (chain: string, key: string, atMs = nowMs) => {
  try {
    readHostCertificate(chain, key, atMs)
  } catch (error) {
    if (error instanceof CertificateFault) return { part: error.part, message: error.message }
    throw error
  }
  return null
}

describe('C12 certificates of hosts', () => {
  it('reads names and dates, of the leaf alone or of the whole chain', () => {
    const facts = readHostCertificate(`${leaf.cert}${root.cert}`, leaf.key, nowMs)
    expect(facts).toMatchObject({
      hosts: ['api.example.com', '*.example.com'],
      subject: 'CN=leaf',
      issuer: 'CN=root',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(facts.notAfterMs).toBeGreaterThan(nowMs)
    expect(readHostCertificate(leaf.cert, leaf.key, nowMs)).toEqual(facts)
  })

  it('refuses what clients would not take, in words that quote neither', () => {
    const other = root.issue({ name: 'other', hosts: ['other.test'] })
    expect(faultOf('', leaf.key)).toMatchObject({
      part: 'chain',
      message: expect.stringContaining('no certificate'),
    })
    expect(faultOf(leaf.cert, other.key)).toMatchObject({
      part: 'key',
      message: expect.stringContaining('not that of'),
    })
    expect(faultOf(`${root.cert}${leaf.cert}`, root.key)).toMatchObject({
      message: expect.stringContaining('did not issue'),
    })
    expect(faultOf(leaf.cert, leaf.key, nowMs + 2 * 86_400_000)).toMatchObject({
      message: expect.stringContaining('expired'),
    })
    const nameless = root.issue({ name: 'nameless' })
    expect(faultOf(nameless.cert, nameless.key)).toMatchObject({
      message: expect.stringContaining('names no host'),
    })
    expect(faultOf(leaf.cert, 'hunter2')).toEqual({
      part: 'key',
      message: 'It is no private key in PEM form.',
    })
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 })
    const short = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(faultOf(leaf.cert, short)).toMatchObject({ message: expect.stringContaining('2048 bits') })
    const locked = privateKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
      .toString()
    expect(faultOf(leaf.cert, locked)).toMatchObject({ message: expect.stringContaining('passphrase') })
    expect(faultOf(leaf.cert.replace(/M[A-Z]/, '!!'), leaf.key)).toMatchObject({ part: 'chain' })
  })
})
