// Parameters of an operation: references followed, the path's own merged in, with an example each for samples and docs.
import { exampleOf } from './example.ts'
import type { ImportedParameter, ParameterPlace } from './imported-document.ts'
import { brief, entriesAt, isObject, type JsonObject, type JsonValue, listAt, own, textAt } from './json.ts'
import { at } from './pointer.ts'
import type { Reading } from './reading.ts'
import { failure, type Refs } from './refs.ts'

const PLACES: ReadonlySet<string> = new Set(['path', 'query', 'querystring', 'header', 'cookie'])

/** Header names are case-insensitive (RFC 9110, 5.1); all others are not. */
function parameterKey(parameter: ImportedParameter): string {
  const name = parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name
  return `${parameter.in} ${name}`
}

/** The operation's own parameter replaces the path's of the same name and place. */
export function mergedParameters(
  inherited: ImportedParameter[],
  own: ImportedParameter[],
): ImportedParameter[] {
  const result = new Map(inherited.map((parameter) => [parameterKey(parameter), parameter]))
  for (const parameter of own) result.set(parameterKey(parameter), parameter)
  return [...result.values()]
}

export class ParameterReader {
  readonly #reading: Reading
  /** By place of definition: large documents refer to a few parameters thousands of times. */
  readonly #known = new Map<string, ImportedParameter | undefined>()

  constructor(reading: Reading) {
    this.#reading = reading
  }

  /** The parameters of an operation or path item. */
  read(owner: JsonObject, pointer: string): ImportedParameter[] {
    const result = new Map<string, ImportedParameter>()
    for (const [index, written] of listAt(owner, 'parameters').entries()) {
      const here = at(pointer, 'parameters', index)
      const parameter = this.#one(written, here)
      if (!parameter) continue
      const key = parameterKey(parameter)
      if (!result.has(key)) result.set(key, parameter)
      else {
        const message = `The ${parameter.in} parameter "${parameter.name}" is stated twice`
        this.#reading.findings.report('duplicate-parameter', here, message)
      }
    }
    return [...result.values()]
  }

  #one(written: JsonValue, here: string): ImportedParameter | undefined {
    const { refs, findings } = this.#reading
    const found = refs.resolve(written, here)
    if (!found.ok) {
      findings.report('parameter-invalid', here, `A parameter was left out: its $ref ${failure(found)}`)
      return undefined
    }
    if (!this.#known.has(found.pointer)) {
      this.#known.set(found.pointer, readParameter(found.value, found.pointer, this.#reading))
    }
    return this.#known.get(found.pointer)
  }
}

function readParameter(
  value: JsonValue,
  pointer: string,
  { refs, findings }: Reading,
): ImportedParameter | undefined {
  const name = textAt(value, 'name')
  const place = textAt(value, 'in')
  if (!isObject(value) || name === undefined || name === '') {
    findings.report('parameter-invalid', pointer, 'A parameter without a "name" was left out')
    return undefined
  }
  if (place === undefined || !PLACES.has(place)) {
    const message = `The parameter "${name}" was left out: its "in" is ${brief(own(value, 'in'))}`
    findings.report('parameter-invalid', pointer, message)
    return undefined
  }
  const [media] = entriesAt(value, 'content')
  const schema = own(value, 'schema') ?? own(media?.[1], 'schema') ?? null
  const schemaPointer = media ? at(pointer, 'content', media[0], 'schema') : at(pointer, 'schema')
  const style = textAt(value, 'style') ?? (place === 'query' || place === 'cookie' ? 'form' : 'simple')
  const explode = own(value, 'explode')
  return {
    name,
    in: place as ParameterPlace,
    required: place === 'path' || own(value, 'required') === true,
    deprecated: own(value, 'deprecated') === true,
    description: textAt(value, 'description') ?? null,
    style,
    explode: typeof explode === 'boolean' ? explode : style === 'form' || style === 'cookie',
    schema,
    contentType: media?.[0] ?? null,
    example:
      statedFor(value, refs, pointer) ??
      (schema === null ? null : exampleOf(schema, schemaPointer, refs, 'request')),
    pointer,
  }
}

function statedFor(parameter: JsonObject, refs: Refs, pointer: string): JsonValue | undefined {
  const single = own(parameter, 'example')
  if (single !== undefined) return single
  for (const [name, written] of entriesAt(parameter, 'examples')) {
    const example = refs.object(written, at(pointer, 'examples', name))?.value
    const value = own(example, 'value') ?? own(example, 'dataValue')
    if (value !== undefined) return value
  }
  return undefined
}
