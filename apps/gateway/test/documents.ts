// Snapshots and credentials for tests, as small as the test allows and complete all the same.
import { createHash } from 'node:crypto'
import { createKey } from '@gatewright/shared/key'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { PolicyUse, Snapshot } from '@gatewright/shared/snapshot'

export const environment = 'prod'

export const tenantId = 'ten_1'

/** A policy attachment; its id is unique in its test by its name. */
export function policy(type: string, config: Record<string, unknown> = {}, name = type): PolicyUse {
  return { id: `pol_${name}`, type, name, config }
}

interface VersionInput {
  readonly name?: string
  readonly basePath?: string
  readonly upstreamUrls?: readonly string[]
  readonly isPublic?: boolean
  readonly policies?: readonly PolicyUse[]
  /** `GET /path`, or whole routes. */
  readonly routes?: readonly (string | Partial<Snapshot['versions'][number]['routes'][number]>)[]
  readonly more?: Partial<Snapshot['versions'][number]>
}

export function version(input: VersionInput = {}): Snapshot['versions'][number] {
  const { name = 'echo', basePath = `/${name}`, upstreamUrls = [], isPublic = false } = input
  return {
    id: `ver_${name}`,
    tenantId,
    apiId: `api_${name}`,
    apiName: name,
    name: 'v1',
    apiRevision: 1,
    hosts: [],
    basePath,
    groups: [],
    lifecycle: { state: 'published', deprecatedAt: null, sunsetAt: null, successorPath: null },
    upstream:
      upstreamUrls.length === 0
        ? null
        : {
            id: `ups_${name}`,
            targets: upstreamUrls.map((url) => ({ url, weight: 1 })),
            hostHeader: 'upstream',
            connectTimeoutMs: 2_000,
            firstByteTimeoutMs: 10_000,
            idleTimeoutMs: 10_000,
            totalTimeoutMs: 0,
            tlsVerify: true,
          },
    policies: [...(input.policies ?? [])],
    routes: (input.routes ?? ['GET /things', 'POST /things', 'GET /things/{id}']).map((route) => {
      const [method = 'GET', path = '/'] = typeof route === 'string' ? route.split(' ') : []
      const given = typeof route === 'string' ? { method, path } : route
      return {
        id: `rte_${name} ${given.method} ${given.path}`,
        method: 'GET',
        path: '/',
        operationId: null,
        public: isPublic,
        policies: [],
        mocks: [],
        ...given,
      }
    }),
    ...input.more,
  }
}

export function snapshotOf(
  versions: readonly Snapshot['versions'][number][],
  more: Partial<Snapshot> = {},
): Snapshot {
  return {
    format: 1,
    environment: { id: 'env_prod', name: environment },
    policies: [],
    tenants: [{ id: tenantId, name: 'acme', timeZone: 'UTC', policies: [] }],
    versions: [...versions],
    plans: [],
    ...more,
  }
}

/** A key and the record that stands behind it: active, subscribed to the plan `pln_free` of these versions. */
export function credential(applicationName: string, versionIds: readonly string[], planName = 'free') {
  const key = createKey(environment)
  const record: CredentialRecord = {
    credentialId: `key_${applicationName}`,
    tenantId,
    applicationId: `app_${applicationName}`,
    applicationName,
    state: 'active',
    expiresAt: null,
    tryIt: false,
    subscriptions: [
      {
        subscriptionId: `sub_${applicationName}`,
        planId: `pln_${planName}`,
        planName,
        state: 'active',
        versionIds: [...versionIds],
      },
    ],
  }
  return { key, hash: sha256(key), record }
}

export function plan(
  name: string,
  versionIds: readonly string[],
  policies: readonly PolicyUse[] = [],
): Snapshot['plans'][number] {
  return { id: `pln_${name}`, tenantId, name, versionIds: [...versionIds], policies: [...policies] }
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
