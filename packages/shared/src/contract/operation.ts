// How every operation of the admin API is stated: route, permission, and what the http layer does around it.
import { oc } from '@orpc/contract'
import * as z from 'zod'
import type { Permission } from '../model/role.ts'
import { reference } from '../model/wire.ts'

export interface OperationMeta {
  /**
   * `anyone` needs no session; `signed-in` any user; `platform` a platform admin;
   * a permission needs a role of `{tenant}` that grants it; with several, one of them is enough.
   */
  readonly permission: 'anyone' | 'signed-in' | 'platform' | Permission | readonly Permission[]
  /** `If-Match` is required (428) and compared with the resource's version (412). */
  readonly concurrency?: true
  /** `Idempotency-Key` is required; a repetition within 24 h gets the first answer. */
  readonly idempotent?: true
  /** Changes what gateways serve: `?wait=live&timeoutMs=` waits for their acknowledgement. */
  readonly waitable?: true
  /** Writes nothing although it is not a GET: no audit entry, allowed to auditors. */
  readonly reads?: true
  /** Never available to personal access tokens. */
  readonly sessionOnly?: true
  /** A browser session has to have proved who it is in the last 15 minutes. */
  readonly proof?: true
  /** Open to access tokens of this narrow scope, for which all others are closed. */
  readonly tokens?: 'blocklist'
  /** Open also to who has yet to meet the sign-in rules, such as a second factor that everyone needs. */
  readonly beforeSignInRules?: true
}

interface OperationOptions extends Omit<OperationMeta, 'permission'> {
  readonly status?: number
  readonly description?: string
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Starts a contract procedure: `operation('GET', '/tenants/{tenant}/apis', 'api:read', 'List APIs')`. */
export function operation(
  method: Method,
  path: `/${string}`,
  permission: OperationMeta['permission'],
  summary: string,
  { status, description, ...meta }: OperationOptions = {},
) {
  return oc.$meta<OperationMeta>({ permission, ...meta }).route({
    method,
    path,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(status === undefined ? {} : { successStatus: status }),
  })
}

export const inTenant = { tenant: reference.meta({ title: 'Tenant name or id' }) }
export const inEnvironment = { ...inTenant, environment: reference.meta({ title: 'Environment name or id' }) }
export const inApi = { ...inTenant, api: reference.meta({ title: 'API name or id' }) }
export const inVersion = { ...inApi, apiVersion: reference.meta({ title: 'Version name or id' }) }
export const inProduct = { ...inTenant, product: reference.meta({ title: 'Product name or id' }) }
export const inApplication = { ...inTenant, application: reference.meta({ title: 'Application name or id' }) }

export const nothing = z.strictObject({})
