// Definitions for requests and for responses: kept once where they say the same, through all that they lead to.
import type { SchemaText } from '@gatewright/shared/validation/operation-rules'
import { canonical, isObject, type JsonValue } from './json.ts'
import type { MessageDirection } from './json-schema.ts'

const prefix = '#/$defs/'
/** No name that a document gives a definition holds it. */
const responseMark = '+response'

export class DefinitionNames {
  readonly #request: ReadonlyMap<string, JsonValue>
  readonly #response: ReadonlyMap<string, JsonValue>
  readonly #differing: ReadonlySet<string>

  constructor(request: ReadonlyMap<string, JsonValue>, response: ReadonlyMap<string, JsonValue>) {
    this.#request = request
    this.#response = response
    this.#differing = differing(request, response)
  }

  /** All definitions as text, by the names that texts refer to. */
  texts(): Map<string, SchemaText> {
    const texts = new Map<string, SchemaText>()
    for (const [name, schema] of this.#request) texts.set(name, this.text(schema, 'request'))
    for (const name of this.#differing)
      texts.set(name + responseMark, this.text(this.#response.get(name) ?? true, 'response'))
    return texts
  }

  text(schema: JsonValue, direction: MessageDirection): SchemaText {
    const refs = new Set<string>()
    const written = this.#write(schema, direction, refs)
    return { json: canonical(written), refs: [...refs].sort() }
  }

  /** The name that the document gave. */
  sourceOf(name: string): string {
    return name.endsWith(responseMark) ? name.slice(0, -responseMark.length) : name
  }

  #write(node: JsonValue, direction: MessageDirection, refs: Set<string>): JsonValue {
    if (Array.isArray(node)) return node.map((one) => this.#write(one, direction, refs))
    if (!isObject(node)) return node
    const name = referred(node)
    if (name === null) {
      const entries = Object.entries(node).map(([key, value]): [string, JsonValue] => [
        key,
        // Values that a document states are no schemas, whatever they look like.
        key === 'const' || key === 'enum' ? value : this.#write(value, direction, refs),
      ])
      return Object.fromEntries(entries)
    }
    const own = direction === 'response' && this.#differing.has(name) ? name + responseMark : name
    refs.add(own)
    return { $ref: prefix + own }
  }
}

function referred(node: JsonValue): string | null {
  const ref = isObject(node) && Object.keys(node).length === 1 ? node.$ref : undefined
  return typeof ref === 'string' && ref.startsWith(prefix) ? ref.slice(prefix.length) : null
}

/** Those that differ themselves, and those that lead to one. */
function differing(
  request: ReadonlyMap<string, JsonValue>,
  response: ReadonlyMap<string, JsonValue>,
): Set<string> {
  const leadHere = new Map<string, string[]>()
  const open: string[] = []
  for (const [name, schema] of request) {
    const other = response.get(name)
    if (other !== undefined && other !== schema && canonical(schema) !== canonical(other)) open.push(name)
    for (const target of referencesIn(schema)) {
      const from = leadHere.get(target)
      if (from) from.push(name)
      else leadHere.set(target, [name])
    }
  }
  const found = new Set<string>()
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    found.add(name)
    open.push(...(leadHere.get(name) ?? []))
  }
  return found
}

function referencesIn(root: JsonValue): Set<string> {
  const found = new Set<string>()
  const open = [root]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const name = referred(node)
    if (name !== null) found.add(name)
    else if (typeof node === 'object' && node !== null) open.push(...Object.values(node))
  }
  return found
}
