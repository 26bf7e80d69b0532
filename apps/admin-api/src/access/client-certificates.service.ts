// Client certificates of applications: registered by a mark and removed, and true everywhere within two seconds, as keys are.
import { createHash } from 'node:crypto'
import {
  type CertificateMark,
  certificateMarks,
  clientCertificateText,
} from '@gatewright/shared/client-certificate'
import type { contract } from '@gatewright/shared/contract/index'
import { type Certificate, readCertificates } from '@gatewright/shared/x509/certificate'
import { canonicalName } from '@gatewright/shared/x509/distinguished-name'
import { Injectable } from '@nestjs/common'
import { causedRevisions, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuseField } from '../refusal.ts'
import { credentialNamed, NamedCredentials, type NamedRow } from './named-credentials.ts'

type Noun = typeof contract.clientCertificates

@Injectable()
export class ClientCertificatesService implements Service<Noun> {
  constructor(
    private readonly clock: Clock,
    private readonly named: NamedCredentials,
  ) {}

  async list(call: TenantCall, { application }: InputOf<Noun['list']>) {
    const found = await this.named.list(call, application, 'client_certificate')
    return { data: found.map((row) => this.#show(row)) }
  }

  async register(call: TenantCall, input: InputOf<Noun['register']>) {
    const { application: reference, environment, by, name } = input
    const end = this.named.endOf(input.expiresAt)
    const value = markOf(input.value, by, this.clock.now().getTime())
    const registered = await this.named.inOwn(call, reference, async (tx, application) => {
      const stage = await findEnvironment(tx.platform, environment)
      const text = clientCertificateText({ environment: stage.name, tenantId: call.tenant.id, by, value })
      const row = await this.named.create(call, tx, application, stage, {
        kind: 'client_certificate',
        hash: createHash('sha256').update(text).digest('hex'),
        issuer: by,
        clientId: value,
        prefix: value,
        name,
        expiresAt: end,
      })
      const after = this.#show(row)
      tx.audit({ action: 'clientCertificates.register', resource: credentialNamed(row), before: null, after })
      return after
    })
    return { ...registered, revisions: causedRevisions(call) }
  }

  remove(call: TenantCall, input: InputOf<Noun['remove']>) {
    return this.named.remove(call, input, 'client_certificate', (row) => this.#show(row))
  }

  #show(row: NamedRow) {
    const by = certificateMarks.find((mark) => mark === row.issuer) ?? 'fingerprint'
    return { ...this.named.show(row), by, value: row.clientId ?? '' }
  }
}

/** The mark in the one form that gateways compare, from a certificate or from what people copy out of one. */
function markOf(text: string, by: CertificateMark, nowMs: number): string {
  if (text.includes('PRIVATE KEY'))
    refuseField(
      'invalid_input',
      '/value',
      'There is a private key in it: keep that to yourself, and think of it as known now',
    )
  if (text.includes('-----BEGIN')) return markIn(readLeaf(text), by, nowMs)
  switch (by) {
    case 'fingerprint': {
      const hex = text
        .replace(/^sha256[^=:]*[=:]/i, '')
        .replaceAll(/[:\s]/g, '')
        .toLowerCase()
      if (/^[0-9a-f]{64}$/.test(hex)) return hex
      return refuseField(
        'invalid_input',
        '/value',
        'Use the sha256 of the certificate, 64 hexadecimal digits, or the certificate itself',
      )
    }
    case 'spiffe':
      if (/^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/[A-Za-z0-9._-]+)*$/.test(text) && text.length <= 2_048)
        return text
      return refuseField('invalid_input', '/value', 'Use a SPIFFE id such as spiffe://acme.example/payments')
    case 'subject': {
      const name = canonicalName(text.replace(/^subject\s*[=:]\s*(?=[A-Za-z0-9.]+\s*=)/i, ''))
      if (name !== null && name.length <= 2_000) return name
      return refuseField(
        'invalid_input',
        '/value',
        'Use a name as `openssl x509 -noout -subject -nameopt RFC2253` prints it, such as CN=payments,O=Acme',
      )
    }
  }
}

function readLeaf(pem: string): Certificate {
  let leaf: Certificate | undefined
  try {
    leaf = readCertificates(pem)[0]
  } catch (error) {
    refuseField('invalid_input', '/value', (error as Error).message)
  }
  return leaf ?? refuseField('invalid_input', '/value', 'There is no certificate in it')
}

function markIn(leaf: Certificate, by: CertificateMark, nowMs: number): string {
  if (leaf.notAfterMs <= nowMs) refuseField('invalid_input', '/value', 'The certificate has expired')
  if (by === 'fingerprint') return leaf.fingerprint
  if (by === 'subject')
    return leaf.subject || refuseField('invalid_input', '/value', 'The certificate has no subject')
  return (
    leaf.spiffeId ??
    refuseField('invalid_input', '/value', 'The certificate has no SPIFFE id, or several URIs')
  )
}
