// What an import gives: plain data for routes, mocks, docs, search, diff and lint. The rest of the catalogue reads only this.
import type { FindingReport, Place } from './findings.ts'
import type { JsonObject, JsonValue } from './json.ts'
import type { Dialect, ImportRefusal } from './read.ts'

export type { ImportRefusal }

export interface ImportedDocument extends FindingReport {
  ok: true
  format: 'json' | 'yaml'
  /** As written, such as `3.0.4` or `2.0`. */
  version: string
  dialect: Dialect
  /** Lower-case hex SHA-256 of the bytes as received. */
  sha256: string
  sizeBytes: number
  sourceUrl: string | null
  info: ImportedInfo
  tags: ImportedTag[]
  servers: ImportedServer[]
  securitySchemes: ImportedSecurityScheme[]
  /** Every operation that can be routed, in document order; `key` is unique. */
  operations: ImportedOperation[]
  /** Webhooks are kept in `document` for the docs page but are not routes. */
  webhookCount: number
  suggestion: ImportSuggestion
  /** The document in OpenAPI 3 shape: as received, or upgraded from Swagger 2.0. */
  document: JsonObject
  /** Where a pointer of `document` stands in the file as received. In memory only: not part of the stored form. */
  locate(pointer: string): Place
}

export interface ImportedInfo {
  title: string
  version: string
  summary: string | null
  description: string | null
}

export interface ImportedTag {
  name: string
  summary: string | null
  description: string | null
  /** OpenAPI 3.2 tag tree. */
  parent: string | null
}

export interface ImportedOperation extends Place {
  /** `GET /pets/{petId}`: the natural key within a document. */
  key: string
  /** Upper-case; also what OpenAPI 3.2 `additionalOperations` add. */
  method: string
  /** Template as written, without `?…` and `#…`. */
  path: string
  operationId: string | null
  summary: string | null
  description: string | null
  tags: string[]
  deprecated: boolean
  parameters: ImportedParameter[]
  requestBody: ImportedRequestBody | null
  responses: ImportedResponse[]
  security: ImportedSecurity
  servers: ImportedServer[]
  /** One per response status and named example, preferred first; what the `mock` policy serves. */
  mocks: MockResponse[]
}

export type ParameterPlace = 'path' | 'query' | 'querystring' | 'header' | 'cookie'

export interface ImportedParameter {
  name: string
  in: ParameterPlace
  required: boolean
  deprecated: boolean
  description: string | null
  /** How a list or object is written, RFC 6570 names as OpenAPI has them. */
  style: string
  explode: boolean
  /** Of `schema`, or of the one entry of `content`. May hold local `$ref`s into `document`. */
  schema: JsonValue | null
  /** Set when the value is serialised by media type instead of by style. */
  contentType: string | null
  /** Explicit, else generated from the schema. */
  example: JsonValue | null
  /** Where it is defined in `document`, after `$ref`. */
  pointer: string
}

export interface ImportedRequestBody {
  required: boolean
  description: string | null
  content: ImportedMedia[]
}

export interface ImportedResponse {
  /** `200`, `4XX` or `default`. */
  status: string
  description: string
  content: ImportedMedia[]
  headers: string[]
}

export interface ImportedMedia {
  contentType: string
  /** Where the media type object stands in `document`. */
  pointer: string
  /** Explicit ones first; the last may be generated from the schema. */
  examples: ImportedExample[]
}

export interface ImportedExample {
  name: string | null
  source: 'example' | 'examples' | 'schema-example' | 'generated'
  value: JsonValue
}

export interface MockResponse {
  /** A real status code: `2XX` became 200, `default` became 200 or, beside a success, 500. */
  status: number
  /** Null for a response without content. */
  contentType: string | null
  headers: Record<string, string>
  /** Ready to send. */
  body: string
  exampleName: string | null
  source: ImportedExample['source'] | 'none'
}

export interface ImportedSecurity {
  /** Any one alternative is enough; within one, all schemes are needed. None = public; an empty one = optional. */
  alternatives: { scheme: string; scopes: string[] }[][]
  from: 'operation' | 'document' | 'none'
}

export interface ImportedSecurityScheme {
  name: string
  type: string
  description: string | null
  /** Of an `apiKey`: where it travels and under which name. */
  in: string | null
  parameterName: string | null
  /** Of `http`: `basic`, `bearer` … */
  scheme: string | null
  flows: string[]
}

export interface ImportedServer {
  /** Variables replaced by their defaults; resolved against the document's URL where relative. */
  url: string
  /** As written. */
  template: string
  description: string | null
  /** False: still relative, because the document's own URL is not known. */
  absolute: boolean
  from: 'operation' | 'path' | 'document' | 'default'
  variables: { name: string; default: string; values: string[]; description: string | null }[]
}

/** Prefill of the review card; every value may be changed by the person importing. */
export interface ImportSuggestion {
  /** Slug from the title. */
  name: string
  displayName: string
  basePath: string
  /** `v1`, from `info.version` or the server path. */
  versionName: string
  upstreamUrls: string[]
  /** How the document says callers prove themselves, most common first. */
  authentication: ('apiKey' | 'basic' | 'bearer' | 'oauth2' | 'openIdConnect' | 'mutualTLS' | 'none')[]
}
