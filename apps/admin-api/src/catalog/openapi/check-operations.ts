// What is wrong between a path and its operations: parameters that do not match the template, equal paths, missing responses.
import type { CheckInput } from './check.ts'
import type { ImportedOperation } from './imported-document.ts'
import { brief, entriesAt, isObject, own } from './json.ts'
import { parsePath } from './path-template.ts'
import { at } from './pointer.ts'

/** Methods for whose requests content has no defined meaning (RFC 9110, 9.3); with DELETE it is too common to be news. */
const BODILESS = new Set(['GET', 'HEAD', 'TRACE'])

export function checkOperations({ document, operations, findings }: CheckInput): void {
  const shapes = new Map<string, string>()
  for (const [path] of entriesAt(document, 'paths')) {
    const template = parsePath(path)
    if (path.startsWith('x-') || 'problem' in template || template.cut) continue
    const first = shapes.get(template.shape)
    if (first === undefined) shapes.set(template.shape, path)
    else {
      const line = findings.line(at('/paths', first))
      const message = `The path ${brief(path)} equals ${brief(first)} on line ${line} but for its parameter names`
      findings.report('equivalent-paths', at('/paths', path), message)
    }
  }
  for (const operation of operations) {
    const place = { pointer: operation.pointer, line: operation.line, column: operation.column }
    const template = parsePath(operation.path)
    const named = 'problem' in template ? [] : template.parameters
    const declared = operation.parameters.filter((parameter) => parameter.in === 'path')
    const missing = named.filter((name) => !declared.some((parameter) => parameter.name === name))
    if (missing.length > 0) {
      const message = `${operation.key} does not declare ${missing.map((name) => `{${name}}`).join(', ')}`
      findings.reportAt('path-parameter-undeclared', place, message)
    }
    const unused = declared.filter((parameter) => !named.includes(parameter.name))
    if (unused.length > 0) {
      const names = unused.map((parameter) => `"${parameter.name}"`).join(', ')
      findings.reportAt(
        'path-parameter-unused',
        place,
        `${operation.key} declares ${names}, which its path does not name`,
      )
    }
    if (carriesContent(operation) && BODILESS.has(operation.method)) {
      const message = `${operation.key} has a request body; HTTP gives it no meaning with ${operation.method}`
      findings.reportAt('request-body-unexpected', place, message)
    }
    if (operation.responses.length === 0) {
      findings.reportAt('responses-missing', place, `${operation.key} states no response`)
    }
  }
  if (operations.length === 0) {
    const what =
      own(document, 'paths') === undefined ? 'The document has no "paths"' : '"paths" holds no operation'
    findings.report('no-operations', own(document, 'paths') === undefined ? '' : '/paths', what)
  }
}

/** Generated documents often give every GET an empty, optional body. */
function carriesContent({ requestBody }: ImportedOperation): boolean {
  if (!requestBody) return false
  const examples = requestBody.content.flatMap((media) => media.examples)
  return (
    requestBody.required || examples.some(({ value }) => !isObject(value) || Object.keys(value).length > 0)
  )
}
