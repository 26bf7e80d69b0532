// Keys of a standalone gateway: those of its manifest, and no others.
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { StaticCredentials } from '../messages.ts'
import type { CredentialSource } from './credentials.ts'

export interface StaticCredentialSource extends CredentialSource {
  replace(credentials: StaticCredentials): void
}

export function createStaticCredentials(): StaticCredentialSource {
  let records: ReadonlyMap<string, CredentialRecord> = new Map()
  return {
    async read(sha256) {
      const record = records.get(sha256)
      return record ? { kind: 'found', record } : { kind: 'unknown' }
    },
    replace(credentials) {
      records = new Map(credentials)
    },
  }
}
