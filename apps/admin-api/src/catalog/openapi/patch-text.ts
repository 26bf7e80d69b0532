// Edits → the text of a document: YAML keeps its comments and the order of its members, JSON its indent.
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, type YAMLMap } from 'yaml'
import { isObject, type JsonObject, type JsonValue } from './json.ts'
import type { Edit } from './propose.ts'

/** A document that edits change. `text` is as it would be written now. */
export interface EditableText {
  /** False: the place cannot be written to, as behind a merge key. */
  apply(edit: Edit): boolean
  text(): string
}

export function editableJson(value: JsonObject, text: string): EditableText {
  const indent = /^\s*\{\r?\n([ \t]+)"/.exec(text)?.[1] ?? 2
  return { apply: (edit) => setValue(value, edit), text: () => `${JSON.stringify(value, null, indent)}\n` }
}

export function editableYaml(text: string): EditableText {
  const document = parseDocument(text, {
    logLevel: 'silent',
    merge: true,
    prettyErrors: false,
    uniqueKeys: false,
  })
  return {
    apply: (edit) => setNode(document, edit),
    text: () => document.toString({ lineWidth: 0, flowCollectionPadding: true }),
  }
}

/** Sets or removes a member; objects on the way are made where there are none. */
export function setValue(root: JsonObject, { place, value }: Edit): boolean {
  let at: JsonValue = root
  for (const [i, key] of place.entries()) {
    const isLast = i === place.length - 1
    if (Array.isArray(at)) {
      const next: JsonValue | undefined = at[Number(key)]
      if (isLast && value !== undefined) at[Number(key)] = value
      else if (isLast || next === undefined) return false
      else at = next
      continue
    }
    if (!isObject(at)) return false
    const object: JsonObject = at
    if (isLast) {
      if (value === undefined) delete object[key]
      else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
      return true
    }
    if (!Object.hasOwn(object, key)) {
      if (value === undefined) return false
      object[key] = {}
    }
    at = object[key] ?? null
  }
  return true
}

function setNode(document: Document.Parsed, { place, value }: Edit): boolean {
  let node: unknown = document.contents
  for (const [i, key] of place.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const isLast = i === place.length - 1
    if (isSeq(node)) {
      if (isLast && value === undefined) return false
      if (isLast) node.set(Number(key), document.createNode(value))
      else node = node.get(Number(key), true)
      continue
    }
    if (!isMap(node)) return false
    const map: YAMLMap = node
    // `200:` is a number in YAML, and the text "200" to everybody else.
    const pair = map.items.find(({ key: name }) => isScalar(name) && String(name.value) === String(key))
    if (isLast) {
      if (value === undefined) return pair !== undefined && map.delete(pair.key)
      if (pair) pair.value = document.createNode(value)
      else map.add(document.createPair(key, value))
      return true
    }
    if (pair === undefined) {
      if (value === undefined || map.items.some(({ key: name }) => isScalar(name) && name.value === '<<'))
        return false
      map.add(document.createPair(key, {}))
      node = map.get(key, true)
    } else node = pair.value
  }
  return true
}
