// Responses of an operation → what the `mock` policy sends: a real status, headers and a body ready for the wire.
import { mediaType } from '@gatewright/shared/snapshot'
import { isJson, statedExample } from './example.ts'
import type { ImportedExample, ImportedMedia, ImportedResponse, MockResponse } from './imported-document.ts'
import { entriesAt, isObject, type JsonObject, type JsonValue, own } from './json.ts'
import { at } from './pointer.ts'
import type { Reading } from './reading.ts'
import type { Refs } from './refs.ts'

/** Larger bodies stay in the document; a snapshot carries every mock of every route. */
const MAX_BODY_CHARS = 64 * 1024
/** Framing and connection fields belong to the gateway; the content type has its own field. */
const NOT_OURS =
  /^(content-type|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|set-cookie)$/i

/** Of all mocks of a document together: a response that 10,000 operations share is stored 10,000 times. */
const MAX_TOTAL_CHARS = 10_000_000

type MockBody = Pick<MockResponse, 'contentType' | 'body' | 'exampleName' | 'source'>

export class MockMaker {
  readonly #reading: Reading
  readonly #bodies = new Map<ImportedExample, MockBody | undefined>()
  #left = MAX_TOTAL_CHARS

  constructor(reading: Reading) {
    this.#reading = reading
  }

  make(responses: ImportedResponse[], definitions: Map<string, Definition>, pointer: string): MockResponse[] {
    const succeeds = responses.some((response) => /^[23]/.test(response.status))
    const mocks: MockResponse[] = []
    for (const response of responses) {
      const status = statusOf(response.status, succeeds)
      if (status === undefined) continue
      const definition = definitions.get(response.status)
      const headers = definition ? headerExamples(definition, this.#reading.refs) : {}
      const bodies = response.content.flatMap((media) => {
        return media.examples.flatMap((example) => this.#body(media, example, pointer) ?? [])
      })
      if (bodies.length === 0) {
        mocks.push({ status, contentType: null, headers, body: '', exampleName: null, source: 'none' })
      }
      for (const body of bodies) mocks.push({ status, headers, ...body })
    }
    return mocks.sort((a, b) => order(a.status) - order(b.status))
  }

  #body(media: ImportedMedia, example: ImportedExample, pointer: string): MockBody | undefined {
    if (!this.#bodies.has(example)) this.#bodies.set(example, bodyOf(media, example))
    const body = this.#bodies.get(example)
    if (!body) return undefined
    if (body.body.length > this.#left) {
      const message =
        'An example is not kept as a mock: those of the document are larger than 10 million characters'
      this.#reading.findings.report('mock-omitted', pointer, message)
      return undefined
    }
    this.#left -= body.body.length
    return body
  }
}

export interface Definition {
  value: JsonObject
  pointer: string
}

function statusOf(status: string, succeeds: boolean): number | undefined {
  if (status === 'default') return succeeds ? 500 : 200
  const code = Number(status.replace(/XX$/i, '00'))
  // 1xx are interim responses; a mock answers once.
  return code >= 200 && code <= 599 ? code : undefined
}

/** Successes first, each group ascending. */
function order(status: number): number {
  return status < 300 ? status : status + 1_000
}

function bodyOf(media: ImportedMedia, example: ImportedExample): MockBody | undefined {
  const body = serialize(example.value, media.contentType)
  if (body === undefined || body.length > MAX_BODY_CHARS) return undefined
  const named = media.contentType.includes('*') ? 'application/json' : media.contentType
  // Documents name contents as they please; a reply may only name a media type.
  const contentType = mediaType.safeParse(named).success ? named : null
  return { contentType, body, exampleName: example.name, source: example.source }
}

/** Undefined where the value cannot be written in that media type without guessing. */
export function serialize(value: JsonValue, contentType: string): string | undefined {
  if (isJson(contentType)) {
    // Many documents give the JSON text itself as the example.
    if (typeof value === 'string' && /^\s*[{[]/.test(value) && parses(value)) return value
    return JSON.stringify(value)
  }
  if (typeof value === 'string') return value
  if (/x-www-form-urlencoded/.test(contentType) && isObject(value)) {
    const fields = Object.entries(value).map(([name, field]): [string, string] => [
      name,
      typeof field === 'string' ? field : JSON.stringify(field),
    ])
    return new URLSearchParams(fields).toString()
  }
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  // Line-delimited JSON and event streams: a list is its items, one per line.
  if (/ndjson|jsonl|json-seq/.test(contentType)) {
    return (Array.isArray(value) ? value : [value]).map((item) => `${JSON.stringify(item)}\n`).join('')
  }
  return undefined
}

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function headerExamples(response: Definition, refs: Refs): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, written] of entriesAt(response.value, 'headers')) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || NOT_OURS.test(name) || name === '__proto__') continue
    const header = refs.object(written, at(response.pointer, 'headers', name))
    const schema = own(header?.value, 'schema')
    const value =
      own(header?.value, 'example') ??
      (schema === undefined ? undefined : statedExample(schema, at(header?.pointer ?? '', 'schema'), refs))
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue
    // A field value on the wire: no line breaks, no control characters (RFC 9110, 5.5).
    if (/^[\t\x20-\x7e]{0,4096}$/.test(String(value))) headers[name] = String(value)
  }
  return headers
}
