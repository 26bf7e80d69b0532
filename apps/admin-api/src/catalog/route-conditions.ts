// What a route asks of a request beyond method and path, as its row keeps it: a document, and a key that tells routes apart.
import { createHash } from 'node:crypto'
import { type RequestConditions, requestConditions } from '@gatewright/shared/model/match'
import { conditionsKey, conditionsOf } from '@gatewright/shared/route-conditions'
import type { Prisma } from '../generated/prisma/client.ts'
import { jsonColumn } from '../infra/json-column.ts'

/** The columns of conditions; those that ask for nothing are none. */
export function conditionColumns(when: RequestConditions | null) {
  const conditions = conditionsOf(when)
  // Hashed, because an index of Postgres takes 2.7 kB at most.
  const whenKey =
    conditions === null ? '' : createHash('sha256').update(conditionsKey(conditions)).digest('hex')
  return { when: jsonColumn(conditions), whenKey }
}

export const storedConditions = (column: Prisma.JsonValue): RequestConditions | null =>
  requestConditions.nullable().parse(column)
