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
  readonly procedure: AnyContractProcedure
}

/** Every operation of a contract, in its order. */
function listOperations(router: object, prefix: readonly string[] = []): OperationEntry[] {
  return Object.entries(router).flatMap(([key, value]) => {
    const name = [...prefix, key]
    if (!isContractProcedure(value)) return listOperations(value, name)
    const { route, meta } = value['~orpc']
    return [
      {
        name: name.join('.'),
        method: route.method ?? 'POST',
        path: route.path ?? '',
        meta,
        procedure: value,
      },
    ]
  })
}

export const operations: readonly OperationEntry[] = listOperations(contract)
