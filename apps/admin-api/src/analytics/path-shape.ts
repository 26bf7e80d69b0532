// A path that no route answers → the template that it would be one of: what callers make up must neither be kept nor grow without end.
import { matchesMixed, parseTemplate, type Segment } from '@gatewright/shared/path-template'

const segmentsMax = 12

interface Known {
  readonly texts: readonly string[]
  readonly segments: readonly Segment[]
}

export type ShapeOf = (path: string) => string

/**
 * Paths as templates, against the templates that a version has. A path that one of them matches is that one (it was asked
 * with another method); else segments are called as in those that begin alike, words stay, and all else is `{id}`.
 * What lies behind twelve segments is `*`.
 */
export function createShapes(templates: Iterable<string>): ShapeOf {
  const known: Known[] = [...new Set(templates)].map((template) => ({
    texts: template.slice(1).split('/'),
    segments: parseTemplate(template),
  }))

  return (path) => {
    const given = path.slice(1).split('/')
    const whole = best(known.filter((one) => matchesAll(one, given)))
    if (whole !== undefined) return `/${whole.texts.join('/')}`
    const shape: string[] = []
    let alike: readonly Known[] = known
    for (const [i, text] of given.slice(0, segmentsMax).entries()) {
      alike = nearest(alike, i, text)
      shape.push(alike[0]?.texts[i] ?? (isWord(text) ? text : '{id}'))
    }
    if (given.length > segmentsMax) shape.push('*')
    return `/${shape.join('/')}`
  }
}

/** Those whose segment fits; where some say it literally, only these, as routers prefer them. */
function nearest(known: readonly Known[], i: number, text: string): readonly Known[] {
  const fitting = known.filter(({ segments }) => {
    const segment = segments[i]
    return segment !== undefined && segment.kind !== 'rest' && matches(segment, text)
  })
  const literal = fitting.filter(({ segments }) => segments[i]?.kind === 'literal')
  return literal.length > 0 ? literal : fitting
}

function matchesAll({ segments }: Known, given: readonly string[]): boolean {
  const last = segments.at(-1)
  if (last?.kind === 'rest') {
    if (given.length < segments.length - 1) return false
  } else if (given.length !== segments.length) return false
  return segments.every((segment, i) => segment.kind === 'rest' || matches(segment, given[i] ?? ''))
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
function best(known: readonly Known[]): Known | undefined {
  const rank = ({ segments }: Known) => segments.map(({ kind }) => ranks[kind]).join('')
  return known.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0]
}

/** `books`, `order-items`, `v2`, `data.json`, and the empty one behind a final slash; not what a name, number or token may be. */
function isWord(text: string): boolean {
  return (
    text === '' ||
    (text.length > 1 &&
      text.length <= 24 &&
      /^[a-z]+\d?(?:[-_.][a-z]+\d?)*$|^[a-z]+(?:[A-Z][a-z]+)+$/.test(text))
  )
}
