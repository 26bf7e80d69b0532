// Bytes → one JSON value with positions, of a known OpenAPI version: the first step of an import, and the only one that refuses.
import { createHash } from 'node:crypto'
import { isObject, type JsonObject, type JsonValue, kindOf, own, textAt } from './json.ts'
import { parseJson, TextError } from './json-text.ts'
import { at } from './pointer.ts'
import { LineIndex, nearestNode, type Position, type PositionNode } from './positions.ts'
import { parseYaml } from './yaml-text.ts'

export const DEFAULT_MAX_BYTES = 20 * 1024 * 1024
const MAX_DEPTH = 200

export type Dialect = '2.0' | '3.0' | '3.1' | '3.2'

export type RefusalCode =
  | TextError['code']
  | 'empty'
  | 'too-large'
  | 'invalid-utf8'
  | 'nul-byte'
  | 'not-an-object'
  | 'not-openapi'
  | 'unsupported-version'
  | 'paths-invalid'
  | 'time-limit'
  | 'memory-limit'

export interface ImportRefusal {
  ok: false
  code: RefusalCode
  message: string
  pointer: string
  /** 1-based; null where the file as a whole is meant. */
  line: number | null
  column: number | null
}

export interface SourceDocument {
  ok: true
  format: 'json' | 'yaml'
  /** As written, such as `3.0.4`. */
  version: string
  dialect: Dialect
  document: JsonObject
  /** Lower-case hex of the bytes as received. */
  sha256: string
  sizeBytes: number
  locate(pointer: string): Position
  /** The text a scalar was written with: YAML's `version: 1.10` is the number 1.1 but means `1.10`. */
  writtenAt(pointer: string): string
  /** Pointers of members dropped because their key is `__proto__`. */
  unsafeKeys: string[]
}

export interface ReadOptions {
  maxBytes?: number
}

export function readDocument(bytes: Uint8Array, options: ReadOptions = {}): SourceDocument | ImportRefusal {
  const maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES
  if (bytes.length === 0) return refuse('empty', 'The file is empty')
  if (bytes.length > maxBytes) {
    return refuse('too-large', `The file has ${bytes.length} bytes; at most ${maxBytes} are read`)
  }
  const decoded = decode(bytes)
  if (typeof decoded !== 'string') return decoded
  const text = decoded
  const lines = new LineIndex(text)
  const body = text.trimStart()
  if (body === '') return refuse('empty', 'The file holds only white space')
  if (body.startsWith('<')) {
    return refuse('not-openapi', 'This is an HTML or XML page, not an OpenAPI document', lines.position(0))
  }
  // A document that opens with a brace or bracket is JSON; YAML proper never needs to.
  const format = /^[{[]/.test(body) ? 'json' : 'yaml'
  let value: JsonValue
  let positions: PositionNode
  try {
    ;({ value, positions } = format === 'json' ? parseJson(text, MAX_DEPTH) : parseYaml(text, MAX_DEPTH))
  } catch (error) {
    if (!(error instanceof TextError)) throw error
    return refuse(error.code, error.message, lines.position(error.offset), error.pointer)
  }
  const start = lines.position(text.length - body.length)
  if (!isObject(value)) {
    return refuse('not-an-object', `An OpenAPI document is an object; this is ${kindOf(value)}`, start)
  }
  const document = value
  const locate = (pointer: string): Position => lines.position(nearestNode(positions, pointer).keyAt)
  const writtenAt = (pointer: string): string => {
    const node = nearestNode(positions, pointer)
    return text.slice(node.at, node.end)
  }
  const version = versionOf(document, writtenAt)
  if (!version.ok)
    return refuse(version.code, version.message, version.key ? locate(`/${version.key}`) : start)
  return {
    ok: true,
    format,
    version: version.version,
    dialect: version.dialect,
    document,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
    locate,
    writtenAt,
    unsafeKeys: makeInert(document),
  }
}

function refuse(code: RefusalCode, message: string, position?: Position, pointer = ''): ImportRefusal {
  return { ok: false, code, message, pointer, line: position?.line ?? null, column: position?.column ?? null }
}

function decode(bytes: Uint8Array): string | ImportRefusal {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return refuse('invalid-utf8', 'The file is UTF-16 (by its byte order mark); save it as UTF-8', {
      line: 1,
      column: 1,
    })
  }
  const nul = bytes.indexOf(0)
  if (nul >= 0) {
    return refuse(
      'nul-byte',
      `Byte ${nul} is NUL: this is binary or UTF-16, not UTF-8 text`,
      bytePosition(bytes, nul),
    )
  }
  try {
    // `ignoreBOM: false` drops a UTF-8 byte order mark, which both YAML and careful JSON readers allow.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    const bad = firstBadByte(bytes)
    const hex = (bytes[bad] ?? 0).toString(16).padStart(2, '0')
    return refuse('invalid-utf8', `Byte ${bad} (0x${hex}) is not valid UTF-8`, bytePosition(bytes, bad))
  }
}

function firstBadByte(bytes: Uint8Array): number {
  // Longest prefix that decodes, by bisection: `stream` leaves a cut multi-byte sequence open instead of failing.
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (decodes(bytes.subarray(0, middle))) low = middle
    else high = middle - 1
  }
  // The failing byte may only complete an earlier, broken sequence: step back to its lead byte.
  let lead = Math.min(low, bytes.length - 1)
  while (lead > 0 && low - lead < 3 && ((bytes[lead] ?? 0) & 0xc0) === 0x80) lead--
  return lead
}

function decodes(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

function bytePosition(bytes: Uint8Array, offset: number): Position {
  let line = 1
  let lineStart = 0
  for (let at = bytes.indexOf(10); at !== -1 && at < offset; at = bytes.indexOf(10, at + 1)) {
    line++
    lineStart = at + 1
  }
  return { line, column: offset - lineStart + 1 }
}

type Version =
  | { ok: true; version: string; dialect: Dialect }
  | { ok: false; code: 'not-openapi' | 'unsupported-version'; message: string; key?: string }

function versionOf(document: JsonObject, writtenAt: (pointer: string) => string): Version {
  const key = own(document, 'openapi') !== undefined ? 'openapi' : 'swagger'
  const value = own(document, key)
  if (value === undefined) return { ok: false, code: 'not-openapi', message: notOpenApi(document) }
  // Unquoted `swagger: 2.0` is a number in YAML; its text still says which version is meant.
  const version = typeof value === 'number' ? writtenAt(`/${key}`) : value
  if (typeof version !== 'string') {
    return {
      ok: false,
      code: 'not-openapi',
      key,
      message: `"${key}" should be text, but is ${kindOf(value)}`,
    }
  }
  const dialect =
    key === 'swagger' ? /^(2\.0)$/.exec(version)?.[1] : /^(3\.[012])(\.\d+)?(-.+)?$/.exec(version)?.[1]
  if (!dialect) {
    const message = `"${key}": ${JSON.stringify(version)} is not supported: 2.0, 3.0.x, 3.1.x and 3.2.x are`
    return { ok: false, code: 'unsupported-version', key, message }
  }
  return { ok: true, version, dialect: dialect as Dialect }
}

function notOpenApi(document: JsonObject): string {
  if (own(document, 'swaggerVersion') !== undefined)
    return 'This is Swagger 1.x; convert it to Swagger 2.0 or OpenAPI 3'
  if (own(document, 'asyncapi') !== undefined) return 'This is an AsyncAPI document, not OpenAPI'
  if (textAt(own(document, 'info'), 'schema')?.includes('getpostman.com')) {
    return 'This is a Postman collection, not an OpenAPI document'
  }
  if (own(document, '$schema') !== undefined) return 'This is a JSON Schema, not an OpenAPI document'
  return 'There is neither "openapi" nor "swagger" at the top: this is not an OpenAPI document'
}

/**
 * Drops members that nothing may be named, numbers that JSON lacks and characters that Postgres lacks, in place; answers the
 * pointers of the dropped members. Escapes bring in what no text of its own can hold: NUL and half a surrogate pair.
 */
function makeInert(root: JsonObject): string[] {
  const dropped: string[] = []
  const seen = new Set<object>()
  const trail: string[] = []
  const visit = (node: JsonValue): void => {
    // Aliases make one object stand in many places.
    if (typeof node !== 'object' || node === null || seen.has(node)) return
    seen.add(node)
    for (const [key, child] of Object.entries(node)) {
      if (key === '__proto__' || !isStorable(key)) {
        Reflect.deleteProperty(node, key)
        dropped.push(at('', ...trail, storable(key)))
      } else if (typeof child === 'object') {
        trail.push(key)
        visit(child)
        trail.pop()
      } else if (typeof child === 'number' && !Number.isFinite(child)) {
        // Infinity and NaN, which YAML writes .inf and .nan.
        Reflect.set(node, key, null)
      } else if (typeof child === 'string' && !isStorable(child)) {
        Reflect.set(node, key, storable(child))
      }
    }
  }
  visit(root)
  return dropped
}

const isStorable = (text: string) => !text.includes('\0') && text.isWellFormed()
const storable = (text: string) => text.toWellFormed().replaceAll('\0', '\ufffd')
