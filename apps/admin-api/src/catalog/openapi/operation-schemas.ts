// A document → what gateways check messages with: rules of each operation, and the definitions that they share (ADR 78).
import {
  type ContentRule,
  type OperationRules,
  type ParameterRule,
  reachable,
  type SchemaText,
  schemasOf,
} from '@gatewright/shared/validation/operation-rules'
import { DefinitionNames } from './definition-names.ts'
import { isJson } from './example.ts'
import type {
  ImportedDocument,
  ImportedMedia,
  ImportedOperation,
  ImportedParameter,
} from './imported-document.ts'
import { type JsonObject, type JsonValue, own } from './json.ts'
import { type MessageDirection, SchemaConverter, type SchemaFault } from './json-schema.ts'
import { at, valueAt } from './pointer.ts'
import { Refs } from './refs.ts'
import { Shapes } from './wire-shapes.ts'

/** What of a document is wanted: schemas of responses only where something looks at responses. */
export interface SchemaWish {
  readonly responses: boolean
}

export interface DocumentSchemas {
  readonly ok: true
  /** By key: `GET /pets/{petId}`. */
  readonly operations: Readonly<Record<string, OperationRules>>
  readonly definitions: Readonly<Record<string, SchemaText>>
}

/** Header parameters that the specification takes out of its own hands (OpenAPI 3.1, 4.8.12.1). */
const notParameters: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])
/** Reasons listed for one operation. */
const uncheckedMax = 20

export function operationSchemas(document: ImportedDocument, wish: SchemaWish): DocumentSchemas {
  return new Extraction(document).run(wish)
}

/** A converted schema that becomes text once it is known which definitions differ by direction. */
interface Converted {
  readonly schema: JsonValue
  readonly direction: MessageDirection
}

type Draft<Rule> = Omit<Rule, 'schema'> & { readonly converted: Converted | null }

class Extraction {
  readonly #document: ImportedDocument
  readonly #refs: Refs
  readonly #converter: SchemaConverter

  constructor(document: ImportedDocument) {
    this.#document = document
    this.#refs = new Refs(document.document)
    this.#converter = new SchemaConverter(
      this.#refs,
      document.dialect === '2.0' || document.dialect === '3.0',
    )
  }

  run({ responses: withResponses }: SchemaWish): DocumentSchemas {
    const credentialParameters = this.#document.securitySchemes.flatMap((scheme) =>
      scheme.in === 'query' && scheme.parameterName !== null ? [scheme.parameterName] : [],
    )
    const drafts = this.#document.operations.map((operation) => {
      const parameters = this.#parameters(operation)
      const body = operation.requestBody && {
        required: operation.requestBody.required,
        content: operation.requestBody.content.map((media) => this.#content(media, 'request')),
      }
      const responses = (withResponses ? operation.responses : []).map(({ status, content }) => ({
        status,
        content: content.map((media) => this.#content(media, 'response')),
      }))
      return { key: operation.key, ...parameters, body, responses, faults: this.#takeFaults() }
    })
    const { request, response } = this.#converter.definitions
    const names = new DefinitionNames(request, withResponses ? response : request)
    const definitions = names.texts()
    const faultsOf = this.#converter.definitionFaults
    const operations: Record<string, OperationRules> = {}
    for (const { key, parameters, converted, body, responses, faults } of drafts) {
      const write = ({ converted: value, ...rule }: Draft<ContentRule>): ContentRule => ({
        ...rule,
        schema: value && names.text(value.schema, value.direction),
      })
      const rules = {
        parameters,
        parametersSchema: converted && names.text(converted.schema, converted.direction),
        credentialParameters,
        body: body && { required: body.required, content: body.content.map(write) },
        responses: responses.map(({ status, content }) => ({ status, content: content.map(write) })),
        unchecked: [],
      }
      const unchecked = new Set(faults.map(sentence))
      for (const name of reachable(schemasOf(rules), (one) => definitions.get(one)).keys()) {
        for (const fault of faultsOf.get(names.sourceOf(name)) ?? []) unchecked.add(sentence(fault))
      }
      operations[key] = { ...rules, unchecked: [...unchecked].sort().slice(0, uncheckedMax) }
    }
    return { ok: true, operations, definitions: Object.fromEntries(definitions) }
  }

  #parameters(operation: ImportedOperation): {
    parameters: ParameterRule[]
    converted: Converted | null
  } {
    const parameters: ParameterRule[] = []
    const places = new Map<string, { properties: JsonObject; required: string[] }>()
    for (const parameter of operation.parameters) {
      const rule = this.#parameter(parameter)
      if (!rule) continue
      parameters.push(rule)
      const place = places.get(rule.in) ?? { properties: {}, required: [] }
      places.set(rule.in, place)
      place.properties[rule.name] =
        parameter.schema === null
          ? true
          : this.#converter.convert(parameter.schema, schemaPointer(parameter), 'request')
      if (rule.required) place.required.push(rule.name)
    }
    if (parameters.length === 0) return { parameters, converted: null }
    const properties = Array.from(places, ([place, { properties, required }]): [string, JsonValue] => [
      place,
      { type: 'object', properties, ...(required.length > 0 ? { required } : {}) },
    ])
    const schema = { type: 'object', properties: Object.fromEntries(properties) }
    return { parameters, converted: { schema, direction: 'request' } }
  }

  #parameter(parameter: ImportedParameter): ParameterRule | null {
    const { in: place, required, explode, contentType } = parameter
    const fault = (message: string) => {
      this.#converter.faults.push({ pointer: parameter.pointer, message })
      return null
    }
    if (place === 'querystring') return fault('is a whole query, which is not taken apart')
    const name = place === 'header' ? parameter.name.toLowerCase() : parameter.name
    if (place === 'header' && notParameters.has(name)) return null
    if (name === '__proto__') return fault('has a name that nothing may have')
    const style = styleOf(parameter)
    if (style === null)
      return fault(`has the style "${parameter.style}", which a ${place} parameter cannot have`)
    const json = contentType !== null && isJson(contentType)
    const shape = new Shapes(this.#refs).of(parameter.schema, schemaPointer(parameter))
    return { name, in: place, style, explode, required, json, shape }
  }

  #content({ contentType, pointer }: ImportedMedia, direction: MessageDirection): Draft<ContentRule> {
    const mediaType = (contentType.split(';')[0] ?? '').trim().toLowerCase()
    const written = own(valueAt(this.#document.document, pointer), 'schema')
    const kind = kindOf(mediaType)
    if (written === undefined || kind === 'other') return { mediaType, kind, converted: null }
    const here = at(pointer, 'schema')
    // Where any type may come, text is a file; what is an object is JSON, whatever its sender calls it.
    const isOpen = mediaType.includes('*')
    if (isOpen && new Shapes(this.#refs).of(written, here).kind === 'scalar')
      return { mediaType, kind: 'other', converted: null }
    const converted = { schema: this.#converter.convert(written, here, direction), direction }
    if (kind === 'json') return { mediaType, kind, converted }
    return { mediaType, kind, converted, fields: new Shapes(this.#refs).ofFields(written, here) }
  }

  #takeFaults(): SchemaFault[] {
    const { faults } = this.#converter
    this.#converter.faults = []
    return faults
  }
}

/** How a value is written: only what OpenAPI knows for the place; null = something else. */
function styleOf({ in: place, style }: ImportedParameter): ParameterRule['style'] | null {
  switch (place) {
    case 'path':
      return style === 'simple' || style === 'label' || style === 'matrix' ? style : null
    case 'query':
      return style === 'form' ||
        style === 'spaceDelimited' ||
        style === 'pipeDelimited' ||
        style === 'deepObject'
        ? style
        : null
    case 'header':
      return style === 'simple' ? style : null
    default:
      return style === 'form' ? style : null
  }
}

function schemaPointer({ pointer, contentType }: ImportedParameter): string {
  return contentType === null ? at(pointer, 'schema') : at(pointer, 'content', contentType, 'schema')
}

function kindOf(mediaType: string): ContentRule['kind'] {
  if (isJson(mediaType) || mediaType === '*/*' || mediaType === 'application/*') return 'json'
  if (mediaType === 'application/x-www-form-urlencoded') return 'form'
  return mediaType === 'multipart/form-data' ? 'multipart' : 'other'
}

function sentence({ pointer, message }: SchemaFault): string {
  return `${pointer} ${message}`
}
