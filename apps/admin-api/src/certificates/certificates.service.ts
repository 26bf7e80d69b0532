// Certificates of hosts: a platform admin's, with private keys that are sealed and never come back.
import type { contract } from '@gatewright/shared/contract/index'
import { createId } from '@gatewright/shared/ids'
import { certificateKeyPlace } from '@gatewright/shared/sealing/certificate-key'
import {
  type CertificateFacts,
  CertificateFault,
  readHostCertificate,
} from '@gatewright/shared/x509/host-certificate'
import { Injectable } from '@nestjs/common'
import { type Call, causedRevisions, expectVersion } from '../call.ts'
import type { HostCertificate } from '../generated/prisma/client.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { Sealer } from '../infra/sealer.ts'
import { Changes, type Transaction } from '../publishing/change.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { refuse, refuseField } from '../refusal.ts'

type Noun = typeof contract.certificates

/** They travel in every snapshot of their environment. */
const perEnvironment = 500
const dayMs = 86_400_000

@Injectable()
export class CertificatesService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly clock: Clock,
    private readonly sealer: Sealer,
  ) {}

  async list(call: Call, input: InputOf<Noun['list']>) {
    const environment = await findEnvironment(call.platform, input.environment)
    const rows = await call.platform.hostCertificate.findMany({
      where: { environmentId: environment.id },
      orderBy: { name: 'asc' },
    })
    return { data: rows.map((row) => this.#show(row, environment.name)) }
  }

  async create(
    call: Call,
    { environment: reference, name, chain, privateKey, isDefault }: InputOf<Noun['create']>,
  ) {
    const id = createId('crt')
    const columns = this.#read(id, chain, privateKey)
    const created = await this.changes.onPlatform(call, async (tx) => {
      const environment = await this.#lock(tx, reference)
      if (
        (await tx.platform.hostCertificate.count({ where: { environmentId: environment.id } })) >=
        perEnvironment
      )
        refuse('limit_reached', `${environment.name} has ${perEnvironment} certificates, which is the most`)
      const where = { environmentId_name: { environmentId: environment.id, name } }
      if (await tx.platform.hostCertificate.findUnique({ where }))
        refuseField('already_exists', '/name', `There is a certificate "${name}" in ${environment.name}`)
      if (isDefault) await this.#noOtherDefault(tx, environment.id)
      const row = await tx.platform.hostCertificate.create({
        data: { id, environmentId: environment.id, name, isDefault, ...columns, createdAt: this.clock.now() },
      })
      const after = this.#show(row, environment.name)
      tx.config([environment.id], { reason: `Certificate ${name} added` })
      tx.audit({ action: 'certificates.create', resource: named(row), before: null, after })
      return after
    })
    return { ...created, revisions: causedRevisions(call) }
  }

  async replace(call: Call, input: InputOf<Noun['replace']>) {
    const { environment: reference, chain, privateKey, isDefault } = input
    const replaced = await this.changes.onPlatform(call, async (tx) => {
      const environment = await this.#lock(tx, reference)
      const before = await this.#find(tx, environment, input.certificate)
      expectVersion(call, before)
      if (isDefault) await this.#noOtherDefault(tx, environment.id)
      const row = await tx.platform.hostCertificate.update({
        where: { id: before.id },
        data: { isDefault, ...this.#read(before.id, chain, privateKey), version: { increment: 1 } },
      })
      const after = this.#show(row, environment.name)
      tx.config([environment.id], { reason: `Certificate ${row.name} renewed` })
      tx.audit({
        action: 'certificates.replace',
        resource: named(row),
        before: this.#show(before, environment.name),
        after,
      })
      return after
    })
    return { ...replaced, revisions: causedRevisions(call) }
  }

  async remove(call: Call, input: InputOf<Noun['remove']>) {
    await this.changes.onPlatform(call, async (tx) => {
      const environment = await this.#lock(tx, input.environment)
      const before = await this.#find(tx, environment, input.certificate)
      expectVersion(call, before)
      await tx.platform.hostCertificate.delete({ where: { id: before.id } })
      tx.config([environment.id], { reason: `Certificate ${before.name} removed` })
      tx.audit({
        action: 'certificates.remove',
        resource: named(before),
        before: this.#show(before, environment.name),
        after: null,
      })
    })
    return { revisions: causedRevisions(call) }
  }

  /** Two at once: the second sees what the first one wrote. */
  async #lock(tx: Transaction, reference: string) {
    const environment = await findEnvironment(tx.platform, reference)
    await tx.everything.$queryRaw`SELECT id FROM environment WHERE id = ${environment.id} FOR UPDATE`
    return environment
  }

  async #find(tx: Transaction, environment: { id: string; name: string }, reference: string) {
    const found = await tx.platform.hostCertificate.findFirst({
      where: { environmentId: environment.id, OR: [{ id: reference }, { name: reference }] },
    })
    return found ?? refuse('not_found', `There is no certificate "${reference}" in ${environment.name}`)
  }

  /** The last one that is made the default is it. */
  #noOtherDefault(tx: Transaction, environmentId: string) {
    return tx.platform.hostCertificate.updateMany({
      where: { environmentId, isDefault: true },
      data: { isDefault: false, version: { increment: 1 } },
    })
  }

  #read(id: string, chain: string, privateKey: string) {
    const { notBeforeMs, notAfterMs, hosts, ...facts } = read(chain, privateKey, this.clock.now().getTime())
    return {
      ...facts,
      hosts: [...hosts],
      chain,
      privateKey: this.sealer.seal(privateKey, certificateKeyPlace(id)),
      notBefore: new Date(notBeforeMs),
      notAfter: new Date(notAfterMs),
    }
  }

  #show(row: HostCertificate, environment: string) {
    const { id, name, hosts, isDefault, subject, issuer, fingerprint, version } = row
    const leftMs = row.notAfter.getTime() - this.clock.now().getTime()
    return {
      id,
      name,
      environment,
      hosts,
      isDefault,
      subject,
      issuer,
      fingerprint,
      notBefore: row.notBefore.toISOString(),
      notAfter: row.notAfter.toISOString(),
      expiry: expiryOf(leftMs),
      version,
      createdAt: row.createdAt.toISOString(),
    }
  }
}

function expiryOf(leftMs: number) {
  if (leftMs <= 0) return 'expired' as const
  if (leftMs <= 7 * dayMs) return 'urgent' as const
  return leftMs <= 30 * dayMs ? ('soon' as const) : ('good' as const)
}

function read(chain: string, privateKey: string, nowMs: number): CertificateFacts {
  try {
    return readHostCertificate(chain, privateKey, nowMs)
  } catch (error) {
    if (!(error instanceof CertificateFault)) throw error
    return refuseField('invalid_input', error.part === 'key' ? '/privateKey' : '/chain', error.message)
  }
}

const named = ({ id, name }: HostCertificate) => ({ kind: 'certificate', id, name })
