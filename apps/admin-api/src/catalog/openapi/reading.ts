// What every step of reading operations shares: the document, its references, and where to say what is wrong.
import type { Findings, Place } from './findings.ts'
import type { JsonObject } from './json.ts'
import type { Dialect } from './read.ts'
import type { Refs } from './refs.ts'

export interface Reading {
  /** In OpenAPI 3 shape. */
  document: JsonObject
  /** As received. */
  dialect: Dialect
  refs: Refs
  findings: Findings
  locate(pointer: string): Place
}
