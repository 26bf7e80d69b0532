// What differs between two states of a thing, as readable paths: audit entries, drafts and rollbacks all show this.
import { canonicalJson } from '@gatewright/shared/canonical'
import type { Change } from '@gatewright/shared/model/environment'

/**
 * Differences between two JSON values. Objects are compared member by member; arrays as a whole, unless their items
 * carry a `name`, which then names them in the path, so that a moved item is not a changed one.
 */
export function diff(before: unknown, after: unknown, pointer = ''): Change[] {
  if (before === undefined && after === undefined) return []
  if (before === undefined) return [{ kind: 'added', pointer, after }]
  if (after === undefined) return [{ kind: 'removed', pointer, before }]
  if (isRecord(before) && isRecord(after)) return diffMembers(before, after, pointer)
  if (isNamedList(before) && isNamedList(after)) return diffNamed(before, after, pointer)
  return canonicalJson(before) === canonicalJson(after) ? [] : [{ kind: 'changed', pointer, before, after }]
}

function diffMembers(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  pointer: string,
): Change[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) => diff(before[key], after[key], join(pointer, key)))
}

function diffNamed(before: readonly Named[], after: readonly Named[], pointer: string): Change[] {
  const old = new Map(before.map((item) => [item.name, item]))
  const fresh = new Map(after.map((item) => [item.name, item]))
  const changes: Change[] = []
  for (const [name, item] of old) {
    if (!fresh.has(name)) changes.push({ kind: 'removed', pointer: join(pointer, name), before: item })
  }
  for (const [name, item] of fresh) changes.push(...diff(old.get(name), item, join(pointer, name)))
  const order = (list: readonly Named[], other: ReadonlyMap<string, Named>) =>
    list.map((item) => item.name).filter((name) => other.has(name))
  const [from, to] = [order(before, fresh), order(after, old)]
  if (from.join('\n') !== to.join('\n')) changes.push({ kind: 'moved', pointer, before: from, after: to })
  return changes
}

interface Named {
  readonly name: string
}

const join = (pointer: string, part: string) => (pointer === '' ? part : `${pointer}/${part}`)

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNamedList(value: unknown): value is Named[] {
  if (!Array.isArray(value)) return false
  const names = value.map((item) => (isRecord(item) && typeof item.name === 'string' ? item.name : undefined))
  return !names.includes(undefined) && new Set(names).size === names.length
}
