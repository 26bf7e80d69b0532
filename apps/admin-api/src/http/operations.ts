// The operations of the contract by name and by route: what guards, the audit log and the OpenAPI document look up.
import { contract } from '@gatewright/shared/contract/index'
import type { OperationMeta } from '@gatewright/shared/contract/operation'
import { type AnyContractProcedure, isContractProcedure } from '@orpc/contract'

export interface OperationEntry {
  /** Such as `apis.update`: the action in the audit log and the operationId in the OpenAPI document. */
  readonly name: string
  readonly method: string
  /** With the API prefix, such as `/api/v1/tenants/{tenant}/apis`. */
  readonly path: string
  readonly meta: OperationMeta
  /** Changes nothing, so a token that may only read may do it. */
  readonly isRead: boolean
  readonly procedure: AnyContractProcedure
}

/** What the contract says of a procedure. */
export function describeProcedure(
  procedure: AnyContractProcedure,
): Pick<OperationEntry, 'method' | 'path' | 'meta' | 'isRead'> {
  const { route, meta }: { route: { method?: string; path?: string }; meta: OperationMeta } =
    procedure['~orpc']
  const method = route.method ?? 'POST'
  return { method, path: route.path ?? '', meta, isRead: method === 'GET' || meta.reads === true }
}

/** Every operation of a contract, in its order. */
function listOperations(router: object, prefix: readonly string[] = []): OperationEntry[] {
  return Object.entries(router).flatMap(([key, value]) => {
    const name = [...prefix, key]
    if (!isContractProcedure(value)) return listOperations(value, name)
    return [{ name: name.join('.'), ...describeProcedure(value), procedure: value }]
  })
}

export const operations: readonly OperationEntry[] = listOperations(contract)
