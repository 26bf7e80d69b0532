// JSON pointers (RFC 6901): how every finding, operation and change says where in the document it stands.
import { isObject, type JsonValue } from './json.ts'

function segment(key: string | number): string {
  return String(key).replaceAll('~', '~0').replaceAll('/', '~1')
}

/** `at('/paths', '/pets', 'get')` → `/paths/~1pets/get`. */
export function at(base: string, ...keys: (string | number)[]): string {
  let pointer = base
  for (const key of keys) pointer += `/${segment(key)}`
  return pointer
}

export function segments(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function parent(pointer: string): string {
  return pointer.slice(0, Math.max(0, pointer.lastIndexOf('/')))
}

/** The value a pointer names, through own properties only; undefined where it leads nowhere. */
export function valueAt(root: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = root
  for (const key of segments(pointer)) {
    if (Array.isArray(value)) value = /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined
    else value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
    if (value === undefined) return undefined
  }
  return value
}
