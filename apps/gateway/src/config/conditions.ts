// The conditions of a route, compiled: each one a test of what a request says beyond host, path and method.
import { createMediaTest, essence } from '@gatewright/shared/media-type'
import type { RequestConditions } from '@gatewright/shared/model/match'
import { describeConditions } from '@gatewright/shared/route-conditions'
import { queryValues } from '../request/query.ts'
import { announced, type RequestView } from './generation.ts'

export interface Condition {
  /** As people read it. */
  readonly text: string
  /** About the body: where it alone fails, another media type would have been right. */
  readonly ofBody: boolean
  holds(view: RequestView): boolean
}

/** In the order in which explain tells of them; all have to hold. */
export function compileConditions({ headers, query, contentTypes }: RequestConditions): readonly Condition[] {
  const only = (part: Partial<RequestConditions>) =>
    describeConditions({ headers: [], query: [], contentTypes: [], ...part })
  const conditions: Condition[] = [
    ...headers.map((field) => ({
      text: only({ headers: [field] }),
      ofBody: false,
      holds: headerTest(field.name, new Set(field.values)),
    })),
    ...query.map((parameter) => ({
      text: only({ query: [parameter] }),
      ofBody: false,
      holds: queryTest(parameter.name, new Set(parameter.values)),
    })),
  ]
  if (contentTypes.length > 0) {
    conditions.push({ text: only({ contentTypes }), ofBody: true, holds: bodyTest(contentTypes) })
  }
  return conditions
}

export function allHold(conditions: readonly Condition[], view: RequestView): boolean {
  for (const condition of conditions) if (!condition.holds(view)) return false
  return true
}

/** A field is its whole value and, since repeated fields and lists are the same thing, each member of it. */
function headerTest(name: string, values: ReadonlySet<string>): Condition['holds'] {
  return function headerHolds(view) {
    const value = view.header(name)
    if (value === undefined) return false
    if (value === announced || values.size === 0 || values.has(value)) return true
    return value.includes(',') && membersOf(value).some((member) => values.has(member))
  }
}

function queryTest(name: string, values: ReadonlySet<string>): Condition['holds'] {
  return function queryHolds({ query }) {
    if (query === '') return false
    const given = queryValues(query, name)
    return given.length > 0 && (values.size === 0 || given.some((value) => values.has(value)))
  }
}

function bodyTest(contentTypes: readonly string[]): Condition['holds'] {
  const isOne = createMediaTest(contentTypes)
  return function bodyHolds(view) {
    const type = view.header('content-type')
    return type === announced || (type !== undefined && isOne(essence(type)))
  }
}

const comma = 0x2c
const quote = 0x22
const backslash = 0x5c

/** Members of a list (RFC 9110 5.6.1); a comma inside a quoted string divides nothing. One pass, whatever stands in it. */
function membersOf(list: string): string[] {
  const members: string[] = []
  let start = 0
  let quoted = false
  for (let i = 0; i < list.length; i++) {
    const code = list.charCodeAt(i)
    if (code === quote) quoted = !quoted
    else if (code === backslash && quoted) i++
    else if (code === comma && !quoted) {
      members.push(list.slice(start, i).trim())
      start = i + 1
    }
  }
  members.push(list.slice(start).trim())
  return members
}
