// One plausible request of an operation, in no language yet: what every code sample writes down.
import type { VersionSelector } from '@gatewright/shared/model/match'
import { isJson } from './example.ts'
import type { ImportedOperation, ImportedParameter } from './imported-document.ts'
import { isObject, type JsonValue } from './json.ts'
import { serialize } from './mocks.ts'
import { parsePath } from './path-template.ts'

/** How a caller comes by an access token. */
export interface TokenSource {
  /** Where it is asked for with id and secret of a client; null: the API's owner says. */
  readonly tokenUrl: string | null
  readonly scopes: readonly string[]
}

export interface SampleOptions {
  method: string
  /** Template of the route. */
  path: string
  /** Of the published version on the gateway, without a final slash. */
  baseUrl: string
  /** Null: a route that no document describes. */
  operation: Pick<ImportedOperation, 'parameters' | 'requestBody' | 'responses'> | null
  /** Header that carries the key; null where the route is public. */
  keyHeader: string | null
  /** Environment variable that holds the key. */
  keyVariable?: string
  /** Where there is no key: the access token that is asked for in its place. */
  token?: TokenSource | null
  /** How requests name the version; null or absent: its path says enough. */
  selector?: VersionSelector | null
}

type SampleBody =
  | { kind: 'none' }
  | { kind: 'json'; value: JsonValue }
  | { kind: 'text'; text: string }
  | { kind: 'multipart'; fields: { name: string; value: string | null }[] }
  | { kind: 'file' }

export interface SampleRequest {
  method: string
  url: string
  /** Without the key. Content-Type is among them, except for multipart, whose boundary the client library makes. */
  headers: [name: string, value: string][]
  key: { header: string; prefix: string; variable: string } | null
  /** Where the token comes from that stands in the place of the key. */
  token: TokenSource | null
  body: SampleBody
}

/** Stands for content that nobody can make up: the sample reads it from the working directory. */
export const SAMPLE_FILE = 'file.bin'
/** Content of these has no defined meaning (RFC 9110, 9.3), and several clients refuse to send it. */
const BODILESS = new Set(['GET', 'HEAD', 'TRACE'])

export function sampleRequest(options: SampleOptions): SampleRequest {
  const { method, operation, keyHeader, selector } = options
  const content = BODILESS.has(method) ? undefined : operation?.requestBody?.content
  const media = content?.find((one) => one.examples.length > 0) ?? content?.[0]
  const body = media ? bodyOf(media.contentType, media.examples[0]?.value) : { kind: 'none' as const }
  const headers: [string, string][] = []
  const accepted = operation?.responses.find(({ status }) => status.startsWith('2'))?.content[0]?.contentType
  const mediaType =
    selector?.by === 'media-type' && !selector.mediaType.includes('*') ? selector.mediaType : accepted
  if (mediaType) headers.push(['Accept', mediaType])
  if (selector?.by === 'header') headers.push([selector.name, selector.value])
  if (media && body.kind !== 'none' && body.kind !== 'multipart') {
    headers.push([
      'Content-Type',
      media.contentType.includes('*') ? 'application/octet-stream' : media.contentType,
    ])
  }
  headers.push(...headerParameters(operation?.parameters ?? [], keyHeader))
  return {
    method,
    url: urlOf(options),
    headers: headers.filter(([, value]) => /^[\x20-\x7e]*$/.test(value)),
    key: keyOf(options),
    token: keyHeader === null ? (options.token ?? null) : null,
    body,
  }
}

function keyOf({ keyHeader, keyVariable = 'API_KEY', token = null }: SampleOptions): SampleRequest['key'] {
  if (keyHeader !== null) return { header: keyHeader, prefix: '', variable: keyVariable }
  return token && { header: 'Authorization', prefix: 'Bearer ', variable: 'ACCESS_TOKEN' }
}

function urlOf({ path, baseUrl, operation, selector }: SampleOptions): string {
  const parameters = operation?.parameters ?? []
  const template = parsePath(path)
  const names = 'problem' in template ? [] : template.parameters
  let filled = path
  for (const name of names) {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name)
    filled = filled.replace(`{${name}}`, () =>
      encodeURIComponent(simple(parameter?.example) || name.replace(/\W/g, '')),
    )
  }
  const query = parameters.filter((one) => one.in === 'query' && one.required).flatMap(pairs)
  if (selector?.by === 'query') query.push([selector.name, selector.value])
  const text = query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  // What encodeURIComponent leaves and shells, globs or URL parsers take for their own.
  const safe = (url: string): string =>
    url.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
  return `${baseUrl.replace(/\/$/, '')}${safe(filled)}${text === '' ? '' : `?${safe(text)}`}`
}

/** The serialisations of OpenAPI 4.8.12 for a query. */
function pairs({ name, example, style, explode, contentType }: ImportedParameter): [string, string][] {
  if (contentType !== null) return [[name, serialize(example, contentType) ?? simple(example)]]
  if (Array.isArray(example)) {
    if (explode) return example.map((item) => [name, simple(item)])
    const separator = style === 'spaceDelimited' ? ' ' : style === 'pipeDelimited' ? '|' : ','
    return [[name, example.map(simple).join(separator)]]
  }
  if (!isObject(example)) return [[name, simple(example) || name]]
  const members = Object.entries(example)
  if (style === 'deepObject') return members.map(([key, value]) => [`${name}[${key}]`, simple(value)])
  if (explode) return members.map(([key, value]) => [key, simple(value)])
  return [[name, members.flatMap(([key, value]) => [key, simple(value)]).join(',')]]
}

function headerParameters(parameters: ImportedParameter[], keyHeader: string | null): [string, string][] {
  const required = parameters.filter((one) => one.required)
  const cookies = required
    .filter((one) => one.in === 'cookie')
    .map((one) => `${one.name}=${encodeURIComponent(simple(one.example))}`)
  // By the specification these three are not parameters but follow from elsewhere.
  const elsewhere = new Set(['accept', 'content-type', 'authorization', keyHeader?.toLowerCase()])
  const headers = required
    .filter((one) => one.in === 'header' && !elsewhere.has(one.name.toLowerCase()))
    .map((one): [string, string] => [one.name, simple(one.example)])
  return cookies.length > 0 ? [...headers, ['Cookie', cookies.join('; ')]] : headers
}

function bodyOf(contentType: string, example: JsonValue | undefined): SampleBody {
  if (/^multipart\//.test(contentType)) {
    const fields = isObject(example) ? Object.entries(example) : []
    return {
      kind: 'multipart',
      // A binary field's example is empty: it is read from a file.
      fields: fields.map(([name, value]) => ({ name, value: value === '' ? null : simple(value) })),
    }
  }
  if (example === undefined) return { kind: 'file' }
  if (isJson(contentType) && typeof example !== 'string') return { kind: 'json', value: example }
  const text = serialize(example, contentType)
  return text === undefined || text === '' ? { kind: 'file' } : { kind: 'text', text }
}

function simple(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
