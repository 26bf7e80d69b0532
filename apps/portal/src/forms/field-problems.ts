// Puts the server's field errors on fields: problem+json `errors[].pointer` → path.

import { asProblem } from '../api/problem.ts'

/** `/config/limit` → detail. The contract's inputs are one object, so a pointer is a path into the form. */
export function errorsByPath(thrown: unknown): Map<string, string> {
  if (!thrown) return new Map()
  return new Map(asProblem(thrown).errors.map((error) => [normal(error.pointer), error.detail]))
}

/** Some servers point into `/body/…` or write the pointer as a fragment (`#/name`). */
function normal(pointer: string): string {
  const path = pointer.replace(/^#/, '').replace(/^\/body(?=\/)/, '')
  return path.startsWith('/') || path === '' ? path : `/${path}`
}

/** Path parts → JSON Pointer (RFC 6901). */
export function pointerOf(path: ReadonlyArray<string | number>): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
