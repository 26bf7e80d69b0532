// YAML 1.2 text → value with the offset of every member: aliases and merge keys are followed, but their expansion is bounded.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type YAMLMap,
} from 'yaml'
import type { JsonValue } from './json.ts'
import { TextError } from './json-text.ts'
import { at } from './pointer.ts'
import type { PositionNode } from './positions.ts'

/** Nodes a document may have once every alias is replaced by what it names: ten times Kubernetes' own document. */
const MAX_EXPANDED_NODES = 1_500_000

export function parseYaml(text: string, maxDepth: number): { value: JsonValue; positions: PositionNode } {
  const document = composeOne(text, maxDepth)
  if (document.contents === null) return { value: null, positions: { at: 0, keyAt: 0, end: 0 } }
  const positions = inspect(document, maxDepth)
  // The bound above has counted the expansion, which the library's own bound (100 uses of one anchor) only guesses at.
  return { value: document.toJS({ maxAliasCount: -1 }) as JsonValue, positions }
}

function composeOne(text: string, maxDepth: number): Document.Parsed {
  const parsed = parseAllDocuments(text, {
    logLevel: 'silent',
    merge: true,
    prettyErrors: false,
    uniqueKeys: false,
  })
  const [first, second] = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : []
  if (!first) throw new TextError('invalid-yaml', 'There is no YAML document', 0)
  const problem = first.errors[0] ?? second?.errors[0]
  if (problem) {
    // The library composes recursively and reports its own stack overflow as a syntax error at the place reached.
    if (problem.message.includes('call stack')) {
      throw new TextError('too-deep', `Nested deeper than ${maxDepth} levels`, problem.pos[0])
    }
    throw new TextError('invalid-yaml', `Not valid YAML: ${problem.message}`, problem.pos[0])
  }
  if (second) {
    const message = 'The file holds several YAML documents; an import takes one'
    throw new TextError('multiple-documents', message, second.range?.[0] ?? 0)
  }
  return first
}

/** Offsets of every node; throws on duplicate keys, excess depth and alias expansion beyond the bound. */
function inspect(document: Document.Parsed, maxDepth: number): PositionNode {
  interface Seen {
    node: PositionNode
    size: number
  }
  const finished = new Map<Node, Seen>()
  const open = new Set<Node>()
  // Own table: the library's `alias.resolve` walks the whole document per alias.
  const anchors = new Map<string, Node>()

  function visit(node: Node | null | undefined, keyAt: number, depth: number, pointer: string): Seen {
    const start = node?.range?.[0] ?? Math.max(keyAt, 0)
    const end = node?.range?.[1] ?? start
    const keyOffset = keyAt < 0 ? start : keyAt
    if (node && !isAlias(node) && node.anchor) anchors.set(node.anchor, node)
    if (!node || isScalar(node)) return { node: { at: start, keyAt: keyOffset, end }, size: 1 }
    if (depth > maxDepth)
      throw new TextError('too-deep', `Nested deeper than ${maxDepth} levels`, start, pointer)
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (!target)
        throw new TextError('invalid-yaml', `Not valid YAML: no anchor named ${node.source}`, start, pointer)
      if (open.has(target)) {
        throw new TextError('alias-limit', `The alias *${node.source} contains itself`, start, pointer)
      }
      // Members of an alias are shown where the anchor wrote them; only its own key stands here.
      const seen = finished.get(target) ?? visit(target, -1, depth, pointer)
      const deepest = depth + height(seen.node)
      if (deepest > maxDepth)
        throw new TextError('too-deep', `Nested deeper than ${maxDepth} levels`, start, pointer)
      return { node: { ...seen.node, at: start, keyAt: keyOffset }, size: bounded(seen.size, start, pointer) }
    }
    open.add(node)
    const seen = isMap(node)
      ? visitMap(node, keyOffset, depth, pointer)
      : visitList(node, keyOffset, depth, pointer)
    open.delete(node)
    finished.set(node, seen)
    return seen
  }

  function bounded(size: number, offset: number, pointer: string): number {
    if (size <= MAX_EXPANDED_NODES) return size
    const message = `More than ${MAX_EXPANDED_NODES.toLocaleString('en')} values once YAML aliases are expanded`
    throw new TextError('alias-limit', message, offset, pointer)
  }

  function visitMap(map: YAMLMap, keyAt: number, depth: number, pointer: string): Seen {
    const start = map.range?.[0] ?? 0
    const members = new Map<string, PositionNode>()
    const merged: PositionNode[] = []
    let size = 1
    for (const pair of map.items) {
      const key = pair.key as Node | null
      const nameAt = key?.range?.[0] ?? start
      if (key && !isScalar(key) && !isAlias(key)) {
        throw new TextError('invalid-yaml', 'A key must be text, not a list or an object', nameAt, pointer)
      }
      const named = isAlias(key) ? anchors.get(key.source) : key
      if (isScalar(named) && named.anchor) anchors.set(named.anchor, named)
      // The library gives a merge key a symbol for its value.
      const merges = isScalar(named) && typeof named.value === 'symbol'
      const name = isScalar(named) && !merges ? String(named.value ?? '') : ''
      if (!merges && members.has(name)) {
        const message = `The key ${JSON.stringify(name)} occurs twice in one object`
        throw new TextError('duplicate-key', message, nameAt, at(pointer, name))
      }
      const seen = visit(pair.value as Node | null, nameAt, depth + 1, at(pointer, name))
      size = bounded(size + seen.size, nameAt, pointer)
      if (merges) merged.push(seen.node)
      else members.set(name, seen.node)
    }
    for (const source of merged) {
      for (const one of source.items ?? [source]) {
        for (const [name, node] of one.members ?? []) if (!members.has(name)) members.set(name, node)
      }
    }
    return { node: { at: start, keyAt, end: map.range?.[1] ?? start, members }, size }
  }

  function visitList(node: Node, keyAt: number, depth: number, pointer: string): Seen {
    const items: PositionNode[] = []
    const start = node.range?.[0] ?? 0
    let size = 1
    for (const [index, item] of isSeq(node) ? node.items.entries() : []) {
      const seen = visit(item as Node | null, -1, depth + 1, at(pointer, index))
      size = bounded(size + seen.size, start, pointer)
      items.push(seen.node)
    }
    return { node: { at: start, keyAt, end: node.range?.[1] ?? start, items }, size }
  }

  const heights = new Map<unknown, number>()
  function height(node: PositionNode): number {
    const children = node.members ?? node.items
    if (!children) return 0
    const known = heights.get(children)
    if (known !== undefined) return known
    let tallest = 0
    for (const child of children.values()) tallest = Math.max(tallest, height(child))
    heights.set(children, tallest + 1)
    return tallest + 1
  }

  return visit(document.contents, -1, 0, '').node
}
