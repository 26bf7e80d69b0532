import { describe, expect, it } from 'vitest'
import { createAuthority } from '../../../../apps/gateway/src/testing/certificates.fixture.ts'
import { readCertificate, readCertificates } from './certificate.ts'
import { DerFault, readNode } from './der.ts'
import { canonicalName } from './distinguished-name.ts'
import { readRevocationLists } from './revocation-list.ts'

describe('C12 names of certificates', () => {
  it.each([
    ['CN=payments,O=Acme', 'CN=payments,O=Acme'],
    ['cn = payments , o = Acme ', 'CN=payments,O=Acme'],
    ['CN=payments;O=Acme', 'CN=payments,O=Acme'],
    ['CN=a\\, b,O=x', 'CN=a\\, b,O=x'],
    ['CN=a\\2C b,O=x', 'CN=a\\, b,O=x'],
    ['CN=M\\C3\\BCller', 'CN=Müller'],
    ['CN=\\#1', 'CN=\\#1'],
    ['OU=b+CN=a,O=x', 'CN=a+OU=b,O=x'],
    ['1.2.3.4=#0c0161,CN=x', '1.2.3.4=#0c0161,CN=x'],
  ])('%s', (text, canonical) => {
    expect(canonicalName(text)).toBe(canonical)
    expect(canonicalName(canonical)).toBe(canonical)
  })

  it.each(['', 'payments', 'CN=', 'CN=a,', 'XX=a', 'CN=a\\', 'CN=\\C3', 'CN=a\\q', '1.2.3=a'])(
    'no name: %s',
    (text) => expect(canonicalName(text)).toBeNull(),
  )

  it('a name that was issued is the same as one that was written', () => {
    for (const name of ['payments', 'a, b', '#1', ' x ', 'a+b=c', 'Müller "x"', 'a\\b']) {
      const [certificate] = readCertificates(createAuthority(name).cert)
      expect(certificate?.subject.startsWith('CN=')).toBe(true)
      expect(canonicalName(certificate?.subject ?? '')).toBe(certificate?.subject)
    }
    // A value cannot pass for a part of its own.
    const [forged] = readCertificates(createAuthority('x,O=Acme').cert)
    expect(forged?.subject).not.toBe(canonicalName('CN=x,O=Acme'))
  })
})

describe('C12 bytes that want to be a certificate', () => {
  const authority = createAuthority('Clients')
  const bytes = readCertificates(authority.cert)[0]?.x509.raw ?? Buffer.alloc(0)
  const list = Buffer.from(authority.revoke([1, 2]).replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')

  it('lengths that could be read in two ways are refused', () => {
    for (const hex of ['3080', '30810100', '3082000100', '30850000000001', '3f00', '3003', '30']) {
      expect(() => readNode(Buffer.from(hex, 'hex')), hex).toThrow(DerFault)
    }
  })

  it('whatever is changed in them, reading ends, with an answer or an error', () => {
    let seed = 11
    const random = (max: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % max
    }
    for (let i = 0; i < 3_000; i++) {
      for (const [whole, read] of [
        [bytes, readCertificate],
        [list, readRevocationLists],
      ] as const) {
        const bent = Buffer.from(whole)
        for (let n = random(3); n >= 0; n--) bent[random(bent.length)] = random(256)
        try {
          read(bent)
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
        }
      }
    }
  })

  it('a list says whom it names, who signed it, and until when', () => {
    const until = new Date(Date.UTC(2040, 0, 2, 3, 4, 5))
    const [read] = readRevocationLists(Buffer.from(authority.revoke([1, 127], until)))
    const [issuer] = readCertificates(authority.cert)
    const [stranger] = readCertificates(createAuthority('Clients').cert)
    if (read === undefined || issuer === undefined || stranger === undefined) throw new Error('not read')
    expect([...read.revoked]).toEqual(['01', '7f'])
    expect(read.nextUpdateMs).toBe(until.getTime())
    expect(read.issuerBytes).toBe(issuer.subjectBytes)
    expect(read.isSignedBy(issuer.x509.publicKey)).toBe(true)
    expect(read.isSignedBy(stranger.x509.publicKey)).toBe(false)
  })
})
