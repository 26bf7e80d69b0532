// What a document says about the messages of one operation, as it travels to gateways (ADR 78): plain data, compiled where it is needed.
import * as z from 'zod'

/** JSON text of a JSON Schema (2020-12), and the definitions it refers to as `#/$defs/<name>`. */
export const schemaText = z.strictObject({ json: z.string(), refs: z.array(z.string()) })

const scalar = z.enum(['string', 'number', 'integer', 'boolean', 'null'])

/** What of a value the text on the wire may mean: nothing said = text. */
export const wireShape = z.strictObject({
  kind: z.enum(['scalar', 'array', 'object']),
  /** Of the value, of the items of an array, of the properties of an object that are not named. */
  types: z.array(scalar),
  properties: z.record(z.string(), z.array(scalar)).optional(),
})

export const parameterRule = z.strictObject({
  name: z.string(),
  in: z.enum(['path', 'query', 'header', 'cookie']),
  style: z.enum(['simple', 'label', 'matrix', 'form', 'spaceDelimited', 'pipeDelimited', 'deepObject']),
  explode: z.boolean(),
  required: z.boolean(),
  /** The value is one JSON text instead of a style. */
  json: z.boolean(),
  shape: wireShape,
})

export const contentRule = z.strictObject({
  /** Lower case, without parameters; may be a range such as `image/*`. */
  mediaType: z.string(),
  kind: z.enum(['json', 'form', 'multipart', 'other']),
  schema: schemaText.nullable(),
  /** Of the fields of a form. */
  fields: z.record(z.string(), wireShape).optional(),
})

export const responseRule = z.strictObject({
  /** `200`, `4XX` or `default`. */
  status: z.string(),
  content: z.array(contentRule),
})

export const operationRules = z.strictObject({
  parameters: z.array(parameterRule),
  /** Of an object with the members path, query, header and cookie. */
  parametersSchema: schemaText.nullable(),
  /** Query parameters that carry credentials and are no parameters of the operation. */
  credentialParameters: z.array(z.string()),
  body: z.strictObject({ required: z.boolean(), content: z.array(contentRule) }).nullable(),
  /** Empty unless something looks at responses. */
  responses: z.array(responseRule),
  /** Places of the document that cannot be checked, with the reason, for people. */
  unchecked: z.array(z.string()),
})

export type SchemaText = z.output<typeof schemaText>
export type WireShape = z.output<typeof wireShape>
export type WireType = z.output<typeof scalar>
export type ParameterRule = z.output<typeof parameterRule>
export type ContentRule = z.output<typeof contentRule>
export type ResponseRule = z.output<typeof responseRule>
export type OperationRules = z.output<typeof operationRules>

/** Definitions of a version by name. */
export type Definitions = ReadonlyMap<string, SchemaText>

/** Characters of JSON text that all schemas of one version may have together: each gateway keeps them. */
export const schemaCharsMax = 16_000_000

/** Every definition that `from` leads to, by name. */
export function reachable(from: readonly SchemaText[], definition: (name: string) => SchemaText | undefined) {
  const found = new Map<string, SchemaText>()
  const open = from.flatMap(({ refs }) => refs)
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue
    const text = definition(name)
    if (!text) continue
    found.set(name, text)
    open.push(...text.refs)
  }
  return found
}

/** Every schema of an operation. */
export function schemasOf({ parametersSchema, body, responses }: OperationRules): SchemaText[] {
  const contents = [...(body?.content ?? []), ...responses.flatMap(({ content }) => content)]
  return [parametersSchema, ...contents.map(({ schema }) => schema)].filter((schema) => schema !== null)
}
