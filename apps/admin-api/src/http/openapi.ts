// The contract as an OpenAPI 3.1 document, with what the http layer adds: headers, problems, security.
import { contract } from '@gatewright/shared/contract/index'
import { errors, problemMediaType } from '@gatewright/shared/errors'
import { csrfCookie, secureSessionCookie } from '@gatewright/shared/portal-cookies'
import { OpenAPIGenerator } from '@orpc/openapi'
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4'
import { type OperationEntry, operations } from './operations.ts'

type Json = Record<string, unknown>

/** The document for a server at `publicUrl`. */
export async function generateOpenApi(publicUrl: string, version: string): Promise<Json> {
  const generator = new OpenAPIGenerator({ schemaConverters: [new ZodToJsonSchemaConverter()] })
  const document = (await generator.generate(contract, {
    info: {
      title: 'Gatewright admin API',
      version,
      description:
        'Everything the portal and the CLI do. Errors are problem details (RFC 9457) with a stable `code`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: publicUrl }],
  })) as unknown as { paths: Record<string, Record<string, Json>>; components?: Json } & Json
  for (const operation of operations) {
    const described = document.paths[operation.path]?.[operation.method.toLowerCase()]
    if (described) complete(described, operation)
  }
  document.components = { ...document.components, ...components }
  return document
}

const reference = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` })

function complete(described: Json, { name, meta, method }: OperationEntry): void {
  described.operationId = name
  const parameters: unknown[] = Array.isArray(described.parameters) ? described.parameters : []
  if (meta.concurrency) parameters.push(reference('parameters', 'IfMatch'))
  if (meta.idempotent) parameters.push(reference('parameters', 'IdempotencyKey'))
  if (meta.waitable) parameters.push(reference('parameters', 'Wait'), reference('parameters', 'TimeoutMs'))
  described.security = security(meta.permission === 'anyone', meta.sessionOnly === true, method !== 'GET')
  described['x-permission'] = meta.permission
  described.parameters = parameters
  const responses = (described.responses ?? {}) as Record<string, Json>
  for (const [status, response] of Object.entries(responses)) {
    if (status.startsWith('2')) {
      response.headers = {
        'X-Request-Id': reference('headers', 'RequestId'),
        RateLimit: reference('headers', 'RateLimit'),
        'RateLimit-Policy': reference('headers', 'RateLimitPolicy'),
        ...(meta.concurrency ? { ETag: reference('headers', 'ETag') } : {}),
        ...(meta.idempotent ? { 'Idempotency-Replayed': reference('headers', 'IdempotencyReplayed') } : {}),
      }
    }
  }
  described.responses = { ...responses, default: reference('responses', 'Problem') }
}

function security(open: boolean, sessionOnly: boolean, writes: boolean): Json[] {
  const session = writes ? { session: [], csrf: [] } : { session: [] }
  return [...(open ? [{}] : []), session, ...(sessionOnly ? [] : [{ token: [] }])]
}

const components = {
  securitySchemes: {
    session: { type: 'apiKey', in: 'cookie', name: secureSessionCookie, description: 'Set by sign-in' },
    csrf: {
      type: 'apiKey',
      in: 'header',
      name: 'x-csrf-token',
      description: `Value of the ${csrfCookie} cookie`,
    },
    token: { type: 'http', scheme: 'bearer', description: 'A personal access token' },
  },
  parameters: {
    IfMatch: {
      name: 'If-Match',
      in: 'header',
      required: true,
      description: 'ETag of the version that is changed; `*` for whatever it is now',
      schema: { type: 'string' },
    },
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      required: true,
      description: 'A fresh unguessable text, such as a UUID. Within 24 h a repetition gets the first answer',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
    Wait: {
      name: 'wait',
      in: 'query',
      description: '`live` answers when every live gateway runs the change, or names those that do not',
      schema: { type: 'string', enum: ['live'] },
    },
    TimeoutMs: {
      name: 'timeoutMs',
      in: 'query',
      description: 'How long to wait for the gateways',
      schema: { type: 'integer', minimum: 0, maximum: 60_000, default: 10_000 },
    },
  },
  headers: {
    RequestId: { description: 'Id of this request in logs and the audit log', schema: { type: 'string' } },
    RateLimit: {
      description: 'What is left to the signed-in person (`r`) and for how many seconds (`t`)',
      schema: { type: 'string', examples: ['"person";r=2999;t=42'] },
    },
    RateLimitPolicy: {
      description: 'Requests (`q`) that one person may send in a window of seconds (`w`)',
      schema: { type: 'string', examples: ['"person";q=3000;w=60'] },
    },
    ETag: { description: 'Version of the resource', schema: { type: 'string' } },
    IdempotencyReplayed: {
      description: 'Present when this is the first answer again',
      schema: { const: 'true' },
    },
  },
  responses: {
    Problem: {
      description: 'Problem details',
      content: { [problemMediaType]: { schema: reference('schemas', 'Problem') } },
    },
  },
  schemas: {
    Problem: {
      type: 'object',
      required: ['type', 'title', 'status', 'code', 'request_id'],
      properties: {
        type: { type: 'string', format: 'uri-reference' },
        title: { type: 'string' },
        status: { type: 'integer' },
        detail: { type: 'string' },
        instance: { type: 'string' },
        code: { type: 'string', enum: Object.keys(errors) },
        request_id: { type: 'string' },
        errors: {
          type: 'array',
          items: {
            type: 'object',
            required: ['pointer', 'code', 'detail'],
            properties: {
              pointer: { type: 'string', description: 'JSON pointer (RFC 6901) into the input' },
              code: { type: 'string' },
              detail: { type: 'string' },
            },
          },
        },
      },
    },
  },
}
