// Follows local `$ref`s (JSON pointers, `$anchor`s, `$self`); other documents are never fetched.
import { isObject, type JsonObject, type JsonValue, own, textAt } from './json.ts'
import { at, valueAt } from './pointer.ts'

export type Resolved =
  | { ok: true; value: JsonValue; pointer: string }
  | { ok: false; reason: 'external' | 'missing' | 'cycle'; ref: string; pointer: string }

export class Refs {
  readonly root: JsonObject
  readonly #known = new Map<string, Resolved>()
  #anchors: Map<string, string> | undefined

  constructor(root: JsonObject) {
    this.root = root
  }

  /** The value itself, or what its chain of `$ref`s ends at. `pointer` is where `node` stands. */
  resolve(node: JsonValue, pointer: string): Resolved {
    const first = refOf(node)
    if (first === undefined) return { ok: true, value: node, pointer }
    const known = this.#known.get(first)
    if (known) return known.ok ? known : { ...known, pointer }
    const passed = new Set<string>()
    let result: Resolved = { ok: false, reason: 'cycle', ref: first, pointer }
    for (let ref: string | undefined = first; ref !== undefined && !passed.has(ref); ) {
      passed.add(ref)
      result = this.#known.get(ref) ?? this.#step(ref, pointer)
      ref = result.ok ? refOf(result.value) : undefined
      if (ref !== undefined && passed.has(ref)) result = { ok: false, reason: 'cycle', ref: first, pointer }
    }
    // Every link of the chain ends where its first one does.
    for (const ref of passed) this.#known.set(ref, result)
    return result
  }

  /** The resolved value where it is an object, else undefined. */
  object(node: JsonValue | undefined, pointer: string): { value: JsonObject; pointer: string } | undefined {
    if (node === undefined) return undefined
    const found = this.resolve(node, pointer)
    return found.ok && isObject(found.value) ? { value: found.value, pointer: found.pointer } : undefined
  }

  #step(ref: string, from: string): Resolved {
    const hash = ref.indexOf('#')
    const base = hash < 0 ? ref : ref.slice(0, hash)
    if (base !== '' && base !== textAt(this.root, '$self'))
      return { ok: false, reason: 'external', ref, pointer: from }
    const fragment = decode(hash < 0 ? '' : ref.slice(hash + 1))
    const pointer = fragment === '' || fragment.startsWith('/') ? fragment : this.#anchor(fragment)
    const value = pointer === undefined ? undefined : valueAt(this.root, pointer)
    if (value === undefined || pointer === undefined)
      return { ok: false, reason: 'missing', ref, pointer: from }
    return { ok: true, value, pointer }
  }

  #anchor(name: string): string | undefined {
    if (!this.#anchors) {
      const anchors = new Map<string, string>()
      const visit = (node: JsonValue, pointer: string): void => {
        if (typeof node !== 'object' || node === null) return
        const anchor = textAt(node, '$anchor') ?? textAt(node, '$dynamicAnchor')
        if (anchor !== undefined && !anchors.has(anchor)) anchors.set(anchor, pointer)
        for (const [key, child] of Object.entries(node)) visit(child, at(pointer, key))
      }
      visit(this.root, '')
      this.#anchors = anchors
    }
    return this.#anchors.get(name)
  }
}

export function refOf(node: JsonValue | undefined): string | undefined {
  const ref = own(node, '$ref')
  return typeof ref === 'string' ? ref : undefined
}

/** A `$ref` is a URI, so its fragment may be percent-encoded; a stray % stays as it is. */
function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}

/** Why a reference failed, as a clause that follows "its $ref". */
export function failure(result: Extract<Resolved, { ok: false }>): string {
  if (result.reason === 'external') return `"${result.ref}" points to another document, which is not fetched`
  if (result.reason === 'cycle') return `"${result.ref}" leads back to itself`
  return `"${result.ref}" points at nothing`
}
