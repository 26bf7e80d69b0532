// The order in which routes that differ by conditions are tried, and what one set of conditions says of another.
import { coversRange } from './media-type.ts'
import type { RequestConditions } from './model/match.ts'

type FieldCondition = RequestConditions['headers'][number]

/** null when nothing is asked, so that such a route is like one without conditions. */
export function conditionsOf(when: RequestConditions | null): RequestConditions | null {
  return when === null || countOf(when) === 0 ? null : when
}

/**
 * Equal for conditions that hold for the same requests by their very words, in whatever order they are written. Databases keep
 * a hash of it: its form stays.
 */
export function conditionsKey(when: RequestConditions | null): string {
  if (when === null) return ''
  const fields = (of: readonly FieldCondition[]) =>
    of.map(({ name, values }) => JSON.stringify([name, ...[...new Set(values)].sort()]))
  return [fields(when.headers), fields(when.query), when.contentTypes]
    .map((texts) => [...new Set(texts)].sort().join('&'))
    .join(' ')
}

/** As people read them: `x-client is ios, ?version is 2, the body is application/json`. */
export function describeConditions(when: RequestConditions): string {
  const field = (name: string, values: readonly string[]) =>
    values.length === 0 ? `${name} is there` : `${name} is ${values.join(' or ')}`
  return [
    ...when.headers.map(({ name, values }) => field(name, values)),
    ...when.query.map(({ name, values }) => field(`?${name}`, values)),
    ...(when.contentTypes.length > 0 ? [`the body is ${when.contentTypes.join(' or ')}`] : []),
  ].join(', ')
}

/** `GET /books`, and what else a request must say. */
export function routeName({
  method,
  path,
  when,
}: {
  readonly method: string
  readonly path: string
  readonly when: RequestConditions | null
}): string {
  const conditions = conditionsOf(when)
  return conditions === null ? `${method} ${path}` : `${method} ${path} (${describeConditions(conditions)})`
}

/**
 * Compared as text: what is tried first comes first. That is the one with more conditions; among as many, the one with more
 * header conditions, then with more query conditions, then the narrower one (fewer values, a value before "it is there", whole
 * media types before ranges), then the first by its text. A route without conditions comes last. Equal for equal conditions.
 */
export function rankOf(when: RequestConditions | null): string {
  if (when === null) return last
  const more = [countOf(when), when.headers.length, when.query.length].map((count) => padded(most - count))
  return `${more.join('')}${padded(widthOf(when))} ${conditionsKey(when)}`
}

const last = '~'
// No list of conditions has so many, and no width is greater.
const most = 99_999
const padded = (count: number) => String(Math.max(0, Math.min(count, most))).padStart(5, '0')

/** True only when every request for which `a` holds is one for which `b` holds. */
export function implies(a: RequestConditions | null, b: RequestConditions | null): boolean {
  if (b === null) return true
  if (a === null) return countOf(b) === 0
  return (
    b.headers.every((wide) => a.headers.some((narrow) => fieldImplies(narrow, wide))) &&
    b.query.every((wide) => a.query.some((narrow) => fieldImplies(narrow, wide))) &&
    (b.contentTypes.length === 0 ||
      (a.contentTypes.length > 0 &&
        a.contentTypes.every((narrow) => b.contentTypes.some((wide) => coversRange(wide, narrow)))))
  )
}

function fieldImplies(narrow: FieldCondition, wide: FieldCondition): boolean {
  if (narrow.name !== wide.name) return false
  if (wide.values.length === 0) return true
  return narrow.values.length > 0 && narrow.values.every((value) => wide.values.includes(value))
}

function countOf({ headers, query, contentTypes }: RequestConditions): number {
  return headers.length + query.length + (contentTypes.length > 0 ? 1 : 0)
}

// More than any list of values has, so that "it is there" is wider than every list.
const anyValue = 1_000

function widthOf({ headers, query, contentTypes }: RequestConditions): number {
  let width = 0
  for (const { values } of [...headers, ...query]) width += values.length || anyValue
  for (const range of contentTypes)
    width += range.includes('*+') ? anyValue : range.includes('*') ? 2 * anyValue : 1
  return width
}
