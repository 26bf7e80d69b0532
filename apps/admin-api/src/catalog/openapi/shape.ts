// The objects of OpenAPI 3 (fixed fields of 3.0 to 3.2 together) as one table, which check.ts walks a document by.

/** `text`, `flag`, `number`, `any`, or another object; `[]` a list of it, `{}` a map to it, `!` required. */
type FieldShape = string

export interface Field {
  of: string
  form: 'one' | 'list' | 'map'
  required: boolean
}

/** Objects in whose place a Reference Object may stand. */
export const REFERABLE: ReadonlySet<string> = new Set([
  ...['pathItem', 'parameter', 'requestBody', 'response', 'header', 'example', 'link', 'callback'],
  ...['securityScheme', 'schema', 'mediaType'],
])

const MEDIA = { example: 'any', examples: 'example{}', schema: 'schema' }
const STYLE = { style: 'text', explode: 'flag', allowReserved: 'flag' }

const TABLE: Record<string, Record<string, FieldShape>> = {
  document: {
    openapi: 'any!',
    $self: 'text',
    info: 'info!',
    jsonSchemaDialect: 'text',
    servers: 'server[]',
    paths: 'pathItem{}',
    webhooks: 'pathItem{}',
    components: 'components',
    security: 'securityRequirement[]',
    tags: 'tag[]',
    externalDocs: 'externalDocs',
  },
  info: {
    title: 'text!',
    version: 'text!',
    summary: 'text',
    description: 'text',
    termsOfService: 'text',
    contact: 'contact',
    license: 'license',
  },
  contact: { name: 'text', url: 'text', email: 'text' },
  license: { name: 'text!', identifier: 'text', url: 'text' },
  server: { url: 'text!', name: 'text', description: 'text', variables: 'serverVariable{}' },
  serverVariable: { enum: 'text[]', default: 'text!', description: 'text' },
  components: {
    schemas: 'schema{}',
    responses: 'response{}',
    parameters: 'parameter{}',
    examples: 'example{}',
    requestBodies: 'requestBody{}',
    headers: 'header{}',
    securitySchemes: 'securityScheme{}',
    links: 'link{}',
    callbacks: 'callback{}',
    pathItems: 'pathItem{}',
    mediaTypes: 'mediaType{}',
  },
  pathItem: {
    summary: 'text',
    description: 'text',
    servers: 'server[]',
    parameters: 'parameter[]',
    additionalOperations: 'operation{}',
    ...Object.fromEntries(
      ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'query'].map((key) => [
        key,
        'operation',
      ]),
    ),
  },
  operation: {
    tags: 'text[]',
    summary: 'text',
    description: 'text',
    externalDocs: 'externalDocs',
    operationId: 'text',
    parameters: 'parameter[]',
    requestBody: 'requestBody',
    responses: 'response{}',
    callbacks: 'callback{}',
    deprecated: 'flag',
    security: 'securityRequirement[]',
    servers: 'server[]',
  },
  externalDocs: { description: 'text', url: 'text!' },
  parameter: {
    name: 'text',
    in: 'text',
    description: 'text',
    required: 'flag',
    deprecated: 'flag',
    allowEmptyValue: 'flag',
    content: 'mediaType{}',
    ...STYLE,
    ...MEDIA,
  },
  requestBody: { description: 'text', content: 'mediaType{}!', required: 'flag' },
  mediaType: {
    itemSchema: 'schema',
    encoding: 'encoding{}',
    prefixEncoding: 'encoding[]',
    itemEncoding: 'encoding',
    ...MEDIA,
  },
  encoding: {
    contentType: 'text',
    headers: 'header{}',
    encoding: 'encoding{}',
    prefixEncoding: 'encoding[]',
    itemEncoding: 'encoding',
    ...STYLE,
  },
  response: {
    summary: 'text',
    description: 'text!',
    headers: 'header{}',
    content: 'mediaType{}',
    links: 'link{}',
  },
  example: {
    summary: 'text',
    description: 'text',
    value: 'any',
    externalValue: 'text',
    dataValue: 'any',
    serializedValue: 'text',
  },
  link: {
    operationRef: 'text',
    operationId: 'text',
    parameters: 'any{}',
    requestBody: 'any',
    description: 'text',
    server: 'server',
  },
  header: {
    description: 'text',
    required: 'flag',
    deprecated: 'flag',
    allowEmptyValue: 'flag',
    content: 'mediaType{}',
    ...STYLE,
    ...MEDIA,
  },
  tag: {
    name: 'text!',
    summary: 'text',
    description: 'text',
    externalDocs: 'externalDocs',
    parent: 'text',
    kind: 'text',
  },
  securityScheme: {
    type: 'text!',
    description: 'text',
    name: 'text',
    in: 'text',
    scheme: 'text',
    bearerFormat: 'text',
    flows: 'flows',
    openIdConnectUrl: 'text',
    oauth2MetadataUrl: 'text',
    deprecated: 'flag',
  },
  flows: {
    implicit: 'flow',
    password: 'flow',
    clientCredentials: 'flow',
    authorizationCode: 'flow',
    deviceAuthorization: 'flow',
  },
  flow: {
    authorizationUrl: 'text',
    deviceAuthorizationUrl: 'text',
    tokenUrl: 'text',
    refreshUrl: 'text',
    scopes: 'text{}!',
  },
  schema: {
    $ref: 'any',
    title: 'text',
    description: 'text',
    format: 'text',
    type: 'any',
    default: 'any',
    example: 'any',
    enum: 'any[]',
    required: 'text[]',
    properties: 'schema{}',
    items: 'schema',
    allOf: 'schema[]',
    oneOf: 'schema[]',
    anyOf: 'schema[]',
    not: 'schema',
    additionalProperties: 'schema',
    discriminator: 'discriminator',
    externalDocs: 'externalDocs',
    xml: 'any',
    pattern: 'text',
    multipleOf: 'number',
    maximum: 'number',
    minimum: 'number',
    exclusiveMaximum: 'any',
    exclusiveMinimum: 'any',
    maxLength: 'number',
    minLength: 'number',
    maxItems: 'number',
    minItems: 'number',
    maxProperties: 'number',
    minProperties: 'number',
    uniqueItems: 'flag',
    nullable: 'flag',
    readOnly: 'flag',
    writeOnly: 'flag',
    deprecated: 'flag',
  },
  discriminator: { propertyName: 'text!', mapping: 'text{}', defaultMapping: 'text' },
}

/** JSON Schema 2020-12 keywords that hold schemas and that OpenAPI 3.1 brought in. */
const SCHEMA_31: Record<string, FieldShape> = {
  prefixItems: 'schema[]',
  contains: 'schema',
  propertyNames: 'schema',
  patternProperties: 'schema{}',
  unevaluatedItems: 'schema',
  unevaluatedProperties: 'schema',
  dependentSchemas: 'schema{}',
  if: 'schema',
  else: 'schema',
  // biome-ignore lint/suspicious/noThenProperty: the JSON Schema keyword, in a table that nobody awaits
  then: 'schema',
  $defs: 'schema{}',
  examples: 'any[]',
}

function parse(table: Record<string, FieldShape>): Map<string, Field> {
  return new Map(
    Object.entries(table).map(([key, shape]) => [
      key,
      {
        of: shape.replace(/[^a-zA-Z]/g, ''),
        form: shape.includes('[]') ? 'list' : shape.includes('{}') ? 'map' : 'one',
        required: shape.endsWith('!'),
      },
    ]),
  )
}

export const SHAPES: ReadonlyMap<string, Map<string, Field>> = new Map(
  Object.entries(TABLE).map(([kind, table]) => [kind, parse(table)]),
)

export const SCHEMA_FIELDS_31: Map<string, Field> = parse({ ...TABLE.schema, ...SCHEMA_31 })
