// Parameters and fields of forms are text: what that text may mean, told by the types their schemas speak of.
import type { WireShape, WireType } from '@gatewright/shared/validation/operation-rules'
import { entriesAt, isObject, type JsonValue, listAt, own } from './json.ts'
import { at } from './pointer.ts'
import type { Refs } from './refs.ts'

const depthMax = 10
const scalars: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'null'])

export class Shapes {
  readonly #refs: Refs

  constructor(refs: Refs) {
    this.#refs = refs
  }

  of(schema: JsonValue | null, pointer: string): WireShape {
    const types = this.#types(schema, pointer, 0)
    const found = schema === null ? undefined : this.#refs.object(schema, pointer)
    const inner = (key: string) => {
      const value = own(found?.value, key)
      return value === undefined ? [] : scalarsOf(this.#types(value, at(found?.pointer ?? '', key), 1))
    }
    if (types.has('array')) return { kind: 'array', types: inner('items') }
    if (!types.has('object')) return { kind: 'scalar', types: scalarsOf(types) }
    const properties = entriesAt(found?.value, 'properties').map(([name, property]): [string, WireType[]] => [
      name,
      scalarsOf(this.#types(property, at(found?.pointer ?? '', 'properties', name), 1)),
    ])
    return {
      kind: 'object',
      types: inner('additionalProperties'),
      properties: Object.fromEntries(properties),
    }
  }

  /** Fields of a form by name, those of all parts of its schema together. */
  ofFields(schema: JsonValue, pointer: string, depth = 0): Record<string, WireShape> {
    const found = this.#refs.object(schema, pointer)
    if (!found || depth > depthMax) return {}
    const fields = new Map<string, WireShape>()
    for (const [name, property] of entriesAt(found.value, 'properties')) {
      if (name !== '__proto__') fields.set(name, this.of(property, at(found.pointer, 'properties', name)))
    }
    for (const key of ['allOf', 'anyOf', 'oneOf']) {
      for (const [i, part] of listAt(found.value, key).entries()) {
        for (const [name, shape] of Object.entries(this.ofFields(part, at(found.pointer, key, i), depth + 1)))
          if (!fields.has(name)) fields.set(name, shape)
      }
    }
    return Object.fromEntries(fields)
  }

  #types(schema: JsonValue | null, pointer: string, depth: number): Set<string> {
    const types = new Set<string>()
    const found = schema === null || depth > depthMax ? undefined : this.#refs.object(schema, pointer)
    if (!found) return types
    const { value } = found
    const stated = own(value, 'type')
    for (const type of Array.isArray(stated) ? stated : [stated])
      if (typeof type === 'string') types.add(type)
    if (own(value, 'nullable') === true) types.add('null')
    if (stated === undefined) {
      const constant = own(value, 'const')
      for (const one of constant === undefined ? listAt(value, 'enum') : [constant]) {
        types.add(one === null ? 'null' : Array.isArray(one) ? 'array' : typeof one)
      }
      if (isObject(own(value, 'properties'))) types.add('object')
      else if (own(value, 'items') !== undefined) types.add('array')
    }
    for (const key of ['allOf', 'anyOf', 'oneOf']) {
      for (const [i, part] of listAt(value, key).entries()) {
        for (const type of this.#types(part, at(found.pointer, key, i), depth + 1)) types.add(type)
      }
    }
    return types
  }
}

function scalarsOf(types: ReadonlySet<string>): WireType[] {
  return [...types].filter((type): type is WireType => scalars.has(type)).sort()
}
