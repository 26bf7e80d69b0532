// JSON text → value with the offset of every member: strict RFC 8259, duplicate keys refused, depth bounded.
// JSON.parse gives the value; this scanner runs before it, because JSON.parse keeps the last of two equal keys
// in silence, says nothing about positions, and would build documents of any depth.
import type { JsonValue } from './json.ts'
import { at } from './pointer.ts'
import type { PositionNode } from './positions.ts'

export class TextError extends Error {
  readonly code:
    | 'invalid-json'
    | 'invalid-yaml'
    | 'duplicate-key'
    | 'too-deep'
    | 'alias-limit'
    | 'multiple-documents'
  readonly offset: number
  readonly pointer: string

  constructor(code: TextError['code'], message: string, offset: number, pointer = '') {
    super(message)
    this.code = code
    this.offset = offset
    this.pointer = pointer
  }
}

const QUOTE = 34
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const SPACE = /[ \t\n\r]*/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them raw in text
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

export function parseJson(text: string, maxDepth: number): { value: JsonValue; positions: PositionNode } {
  const positions = scan(text, maxDepth)
  return { value: JSON.parse(text) as JsonValue, positions }
}

function scan(text: string, maxDepth: number): PositionNode {
  let offset = 0
  // Keys on the way to where the scanner stands; made a pointer only for an error.
  const trail: (string | number)[] = []

  function space(): void {
    SPACE.lastIndex = offset
    SPACE.test(text)
    offset = SPACE.lastIndex
  }

  function fail(expected: string): never {
    const found = offset >= text.length ? 'the document ends here' : `found ${JSON.stringify(text[offset])}`
    throw new TextError(
      'invalid-json',
      `Not valid JSON: expected ${expected}, ${found}`,
      offset,
      at('', ...trail),
    )
  }

  /** Moves past a string and says whether it holds escapes. */
  function string(): boolean {
    const start = offset
    let escaped = false
    offset++
    for (;;) {
      PLAIN.lastIndex = offset
      PLAIN.test(text)
      offset = PLAIN.lastIndex
      const code = text.charCodeAt(offset)
      if (code === QUOTE) {
        offset++
        return escaped
      }
      if (offset >= text.length) {
        throw new TextError('invalid-json', 'Not valid JSON: this text never ends', start, at('', ...trail))
      }
      ESCAPE.lastIndex = offset
      if (!ESCAPE.test(text)) {
        const what =
          code === 92 ? 'an unknown escape in text' : 'a raw line break or control character in text'
        throw new TextError('invalid-json', `Not valid JSON: ${what}`, offset, at('', ...trail))
      }
      escaped = true
      offset = ESCAPE.lastIndex
    }
  }

  function value(keyAt: number): PositionNode {
    const start = offset
    const first = text[offset]
    if (first === '{' || first === '[') {
      if (trail.length >= maxDepth) {
        throw new TextError('too-deep', `Nested deeper than ${maxDepth} levels`, offset, at('', ...trail))
      }
      return first === '{' ? object(keyAt) : list(keyAt)
    }
    if (first === '"') string()
    else if (text.startsWith('true', offset) || text.startsWith('null', offset)) offset += 4
    else if (text.startsWith('false', offset)) offset += 5
    else {
      NUMBER.lastIndex = offset
      if (!NUMBER.test(text)) fail('a value')
      offset = NUMBER.lastIndex
    }
    return { at: start, keyAt: keyAt < 0 ? start : keyAt, end: offset }
  }

  function object(keyAt: number): PositionNode {
    const start = offset
    const members = new Map<string, PositionNode>()
    offset++
    space()
    if (text[offset] === '}') offset++
    else {
      for (;;) {
        space()
        const nameAt = offset
        if (text[offset] !== '"') fail('a key in double quotes')
        const escaped = string()
        const raw = text.slice(nameAt, offset)
        const name = escaped ? (JSON.parse(raw) as string) : raw.slice(1, -1)
        if (members.has(name)) {
          throw new TextError(
            'duplicate-key',
            `The key ${raw} occurs twice in one object`,
            nameAt,
            at('', ...trail, name),
          )
        }
        space()
        if (text[offset] !== ':') fail('":"')
        offset++
        space()
        trail.push(name)
        members.set(name, value(nameAt))
        trail.pop()
        space()
        if (text[offset] === ',') {
          offset++
          continue
        }
        if (text[offset] !== '}') fail('"," or "}"')
        offset++
        break
      }
    }
    return { at: start, keyAt: keyAt < 0 ? start : keyAt, end: offset, members }
  }

  function list(keyAt: number): PositionNode {
    const start = offset
    const items: PositionNode[] = []
    offset++
    space()
    if (text[offset] === ']') offset++
    else {
      for (;;) {
        space()
        trail.push(items.length)
        items.push(value(-1))
        trail.pop()
        space()
        if (text[offset] === ',') {
          offset++
          continue
        }
        if (text[offset] !== ']') fail('"," or "]"')
        offset++
        break
      }
    }
    return { at: start, keyAt: keyAt < 0 ? start : keyAt, end: offset, items }
  }

  space()
  const root = value(-1)
  space()
  if (offset < text.length) fail('nothing after the document')
  return root
}
