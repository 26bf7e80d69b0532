// Request body and responses of an operation, references followed, with their content and examples.
import type { Direction } from './example.ts'
import type { ImportedMedia, ImportedRequestBody, ImportedResponse } from './imported-document.ts'
import { brief, entriesAt, isObject, type JsonObject, type JsonValue, kindOf, own, textAt } from './json.ts'
import { readContent } from './media.ts'
import type { Definition } from './mocks.ts'
import { at } from './pointer.ts'
import type { Reading } from './reading.ts'
import { failure } from './refs.ts'

export class BodyReader {
  readonly #reading: Reading
  /** By place of definition, so that a shared response is read, and its example made, once. */
  readonly #known = new Map<string, ImportedMedia[]>()

  constructor(reading: Reading) {
    this.#reading = reading
  }

  requestBody(operation: JsonObject, pointer: string): ImportedRequestBody | null {
    const written = own(operation, 'requestBody')
    if (written === undefined) return null
    const here = at(pointer, 'requestBody')
    const found = this.#definition(written, here)
    if ('problem' in found) {
      const message = `The request body was left out: ${found.problem}`
      this.#reading.findings.report('request-body-invalid', here, message)
      return null
    }
    return {
      required: own(found.value, 'required') === true,
      description: textAt(found.value, 'description') ?? null,
      content: this.#content(found, 'request'),
    }
  }

  responses(
    operation: JsonObject,
    pointer: string,
  ): { responses: ImportedResponse[]; definitions: Map<string, Definition> } {
    const { findings } = this.#reading
    const responses: ImportedResponse[] = []
    const definitions = new Map<string, Definition>()
    for (const [written, response] of entriesAt(operation, 'responses')) {
      if (written.startsWith('x-')) continue
      const here = at(pointer, 'responses', written)
      const status = /^[1-5]xx$/i.test(written) ? written.toUpperCase() : written
      if (!/^([1-5]\d\d|[1-5]XX|default)$/.test(status)) {
        findings.report('response-code-invalid', here, `The response ${brief(written)} was left out`)
        continue
      }
      const found = this.#definition(response, here)
      if ('problem' in found) {
        findings.report('response-invalid', here, `The response ${status} was left out: ${found.problem}`)
        continue
      }
      definitions.set(status, found)
      responses.push({
        status,
        description: textAt(found.value, 'description') ?? '',
        content: this.#content(found, 'response'),
        headers: entriesAt(found.value, 'headers').map(([name]) => name),
      })
    }
    return { responses, definitions }
  }

  #definition(written: JsonValue, here: string): Definition | { problem: string } {
    const found = this.#reading.refs.resolve(written, here)
    if (!found.ok) return { problem: `its $ref ${failure(found)}` }
    const { value, pointer } = found
    return isObject(value)
      ? { value, pointer }
      : { problem: `it should be an object, but is ${kindOf(value)}` }
  }

  #content({ value, pointer }: Definition, direction: Direction): ImportedMedia[] {
    const known = this.#known.get(pointer)
    if (known) return known
    const content = readContent(value, pointer, this.#reading.refs, direction)
    this.#known.set(pointer, content)
    return content
  }
}
