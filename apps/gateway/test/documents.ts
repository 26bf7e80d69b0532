// Snapshots and credentials for tests, as small as the test allows and complete all the same.
import { createHash } from 'node:crypto'
import { createKey } from '@gatewright/shared/key'
import { defaultUpstream, upstreamSettings } from '@gatewright/shared/model/upstream'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import type { PolicyUse, Snapshot, UpstreamDocument } from '@gatewright/shared/snapshot'
import type * as z from 'zod'

export const environment = 'prod'

export const tenantId = 'ten_1'

/** A policy attachment; its id is unique in its test by its name. */
export function policy(type: string, config: Record<string, unknown> = {}, name = type): PolicyUse {
  return { id: `pol_${name}`, type, name, config }
}

/** One upstream with targets of weight 1; what is not given is as people get it who say nothing. */
export function upstream(
  id: string,
  urls: readonly string[],
  settings: z.input<typeof upstreamSettings> = {},
  name = defaultUpstream,
): UpstreamDocument {
  return {
    id,
    name,
    ...upstreamSettings.parse({
      targets: urls.map((url) => ({ url })),
      connectTimeoutMs: 2_000,
      firstByteTimeoutMs: 10_000,
      idleTimeoutMs: 10_000,
      ...settings,
    }),
  }
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
    selector: null,
    upstreams: upstreamUrls.length === 0 ? [] : [upstream(`ups_${name}`, upstreamUrls)],
    traffic: null,
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
        when: null,
        upstream: null,
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
