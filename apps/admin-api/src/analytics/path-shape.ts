// A path that no route answers → the template that it would be one of: what callers make up must neither be kept nor grow without end.
import { matchesMixed, parseTemplate, type Segment } from '@gatewright/shared/path-template'

const segmentsMax = 12

/** Templates by their segments: what is asked of each path is asked of those that begin like it, not of all there are. */
interface Node {
  readonly literals: Map<string, Node>
  /** Of parameters and mixed segments, by their text. */
  readonly others: Map<string, { readonly segment: Segment; readonly text: string; readonly node: Node }>
  /** Templates that end here, and those whose rest begins here. */
  readonly ends: Known[]
  readonly rests: Known[]
}

interface Known {
  readonly text: string
  /** How little its segments say, from the left. */
  readonly rank: string
}

const createNode = (): Node => ({ literals: new Map(), others: new Map(), ends: [], rests: [] })

export type ShapeOf = (path: string) => string

/**
 * Paths as templates, against the templates that a version has. A path that one of them matches is that one (it was asked
 * with another method); else segments are called as in those that begin alike, words stay, and all else is `{id}`.
 * What lies behind twelve segments is `*`.
 */
export function createShapes(templates: Iterable<string>): ShapeOf {
  const root = createNode()
  for (const template of new Set(templates)) insert(root, template)

  return (path) => {
    const given = path.slice(1).split('/')
    const whole = best(matching(root, given))
    if (whole !== undefined) return whole.text
    const shape: string[] = []
    let alike: readonly Node[] = [root]
    for (const text of given.slice(0, segmentsMax)) {
      const literal = alike.flatMap(({ literals }) => literals.get(text) ?? [])
      const fitting = literal.length > 0 ? [] : alike.flatMap((node) => fittingIn(node, text))
      shape.push(literal.length > 0 ? text : (fitting[0]?.text ?? (isWord(text) ? text : '{id}')))
      alike = literal.length > 0 ? literal : fitting.map(({ node }) => node)
    }
    if (given.length > segmentsMax) shape.push('*')
    return `/${shape.join('/')}`
  }
}

function insert(root: Node, template: string): void {
  const texts = template.slice(1).split('/')
  const segments = parseTemplate(template)
  const known = { text: template, rank: segments.map(({ kind }) => ranks[kind]).join('') }
  let at = root
  for (const [i, segment] of segments.entries()) {
    const text = texts[i] ?? ''
    if (segment.kind === 'rest') {
      at.rests.push(known)
      return
    }
    const next =
      (segment.kind === 'literal' ? at.literals.get(segment.text) : at.others.get(text)?.node) ?? createNode()
    if (segment.kind === 'literal') at.literals.set(segment.text, next)
    else at.others.set(text, { segment, text, node: next })
    at = next
  }
  at.ends.push(known)
}

const fittingIn = ({ others }: Node, text: string) =>
  [...others.values()].filter(({ segment }) => matches(segment, text))

/** All templates that match the whole path. */
function matching(root: Node, given: readonly string[]): Known[] {
  const found = [...root.rests]
  let nodes: readonly Node[] = [root]
  for (const text of given) {
    nodes = nodes.flatMap((node) => {
      const literal = node.literals.get(text)
      const fitting = fittingIn(node, text).map((other) => other.node)
      return literal === undefined ? fitting : [literal, ...fitting]
    })
    for (const { rests } of nodes) found.push(...rests)
  }
  for (const { ends } of nodes) found.push(...ends)
  return found
}

function matches(segment: Segment, text: string): boolean {
  switch (segment.kind) {
    case 'literal':
      return segment.text === text
    case 'parameter':
      return text !== ''
    case 'mixed':
      return matchesMixed(segment.pattern, text)
    case 'rest':
      return true
  }
}

const ranks = { literal: 0, mixed: 1, parameter: 2, rest: 3 }

/** The one that says most, from the left. */
const best = (known: readonly Known[]): Known | undefined =>
  known.toSorted((a, b) => (a.rank < b.rank ? -1 : 1))[0]

/** `books`, `order-items`, `v2`, `data.json`, and the empty one behind a final slash; not what a name, number or token may be. */
function isWord(text: string): boolean {
  return (
    text === '' ||
    (text.length > 1 &&
      text.length <= 24 &&
      /^[a-z]+\d?(?:[-_.][a-z]+\d?)*$|^[a-z]+(?:[A-Z][a-z]+)+$/.test(text))
  )
}
