// Cuts a document down to what its paths reach: hidden operations must not leave their schemas behind.
import { isObject, type JsonObject, type JsonValue, objectAt, own } from './json.ts'
import { at, segments } from './pointer.ts'
import { Refs } from './refs.ts'

/** The document without components that nothing outside `components` leads to. Security schemes are kept. */
export function onlyReachable(document: JsonObject): JsonObject {
  const components = objectAt(document, 'components')
  if (!components) return document
  const refs = new Refs(document)
  const reached = new Set<string>()
  const open: JsonValue[] = Object.entries(document).flatMap(([key, value]) =>
    key === 'components' ? [] : [value],
  )
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const ref of references(next)) {
      const found = refs.resolve({ $ref: ref }, '')
      // A schema may be named alone in a discriminator's mapping.
      const pointer = found.ok ? found.pointer : at('/components/schemas', ref)
      const [root, kind, name] = segments(pointer)
      if (root !== 'components' || kind === undefined || name === undefined) continue
      const key = at('/components', kind, name)
      if (reached.has(key)) continue
      reached.add(key)
      const value = own(objectAt(components, kind), name)
      if (value !== undefined) open.push(value)
    }
  }
  return { ...document, components: kept(components, reached) }
}

function kept(components: JsonObject, reached: Set<string>): JsonObject {
  return Object.fromEntries(
    Object.entries(components).flatMap(([kind, group]): [string, JsonValue][] => {
      if (kind === 'securitySchemes' || !isObject(group)) return [[kind, group]]
      const used = Object.entries(group).filter(([name]) => reached.has(at('/components', kind, name)))
      return used.length > 0 ? [[kind, Object.fromEntries(used)]] : []
    }),
  )
}

/** Every `$ref`, and every target of a discriminator's mapping, in a value. */
function references(root: JsonValue): string[] {
  const found: string[] = []
  const open = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (typeof node !== 'object' || node === null) continue
    for (const [key, value] of Object.entries(node)) {
      if ((key === '$ref' || key === '$dynamicRef') && typeof value === 'string') found.push(value)
      else if (key === 'mapping' && isObject(value)) {
        for (const target of Object.values(value)) if (typeof target === 'string') found.push(target)
      } else open.push(value)
    }
  }
  return found
}
