// JSON values as an untrusted document holds them, read through own properties only: the first tool of every import step.

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [key: string]: JsonValue
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The own property `key`, so that a path or schema named `constructor` is never answered from the prototype. */
export function own(node: JsonValue | undefined, key: string): JsonValue | undefined {
  return isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined
}

export function objectAt(node: JsonValue | undefined, key: string): JsonObject | undefined {
  const value = own(node, key)
  return isObject(value) ? value : undefined
}

export function listAt(node: JsonValue | undefined, key: string): JsonValue[] {
  const value = own(node, key)
  return Array.isArray(value) ? value : []
}

export function textAt(node: JsonValue | undefined, key: string): string | undefined {
  const value = own(node, key)
  return typeof value === 'string' ? value : undefined
}

/** Entries of the object at `key`; none when it is absent or of another type. */
export function entriesAt(node: JsonValue | undefined, key: string): [string, JsonValue][] {
  const value = objectAt(node, key)
  return value ? Object.entries(value) : []
}

/** What a person would call the value, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return 'text'
  return `a ${typeof value}`
}

/** A one-line form of a value for messages, cut at 60 characters. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined'
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** JSON text whose object keys are sorted: equal values give equal text. */
export function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`
}
