// Drift: where what is sent differs from what the document of an API says, as gateways count it.
import * as z from 'zod'

export const jsonType = z.enum(['null', 'boolean', 'integer', 'number', 'string', 'array', 'object'])
export type JsonType = z.output<typeof jsonType>

export const driftRecord = z.strictObject({
  direction: z.enum(['request', 'response']),
  method: z.string().max(32),
  /** Base path included. */
  template: z.string().max(1024),
  in: z.enum(['path', 'query', 'header', 'cookie', 'body', 'status']),
  /** JSON pointer, `*` for every entry of a list, `{name}` for what is no name of a field; of a status the status. */
  pointer: z.string().max(200),
  rule: z.string().max(64).meta({ help: 'Keyword of JSON Schema, or what else was broken' }),
  observed: jsonType.nullable().meta({ help: 'What was there instead, where that says something' }),
  count: z.int().min(1),
  /** Unix milliseconds. */
  firstAt: z.int(),
  lastAt: z.int(),
})
export type DriftRecord = z.output<typeof driftRecord>

/**
 * What a worker counted since its last batch. `source` is the worker, from its start to its end; `number` grows by one with each
 * batch of it: a batch that arrives twice is known by both (ADR 92).
 */
export const driftBatch = z.strictObject({
  source: z.string().min(1).max(64),
  number: z.int().min(0).max(2_000_000_000),
  environmentId: z.string().max(64),
  records: z.array(driftRecord.extend({ versionId: z.string().max(64) })).max(2_000),
})
export type DriftBatch = z.output<typeof driftBatch>

/** In words that API owners use. */
export const driftKinds = [
  'undeclared-field',
  'undeclared-parameter',
  'undeclared-status',
  'undeclared-media-type',
  'missing',
  'wrong-type',
  'wrong-value',
  'not-readable',
] as const
export type DriftKind = (typeof driftKinds)[number]

const kinds: Readonly<Record<string, DriftKind>> = {
  additionalProperties: 'undeclared-field',
  unevaluatedProperties: 'undeclared-field',
  'false schema': 'undeclared-field',
  'content-type': 'undeclared-media-type',
  media_type_not_supported: 'undeclared-media-type',
  required: 'missing',
  dependentRequired: 'missing',
  type: 'wrong-type',
  json: 'not-readable',
  form: 'not-readable',
  encoding: 'not-readable',
}

export function driftKind({ in: place, rule }: Pick<DriftRecord, 'in' | 'rule'>): DriftKind {
  if (place === 'status') return 'undeclared-status'
  if (rule === 'undeclared') return place === 'body' ? 'undeclared-media-type' : 'undeclared-parameter'
  const known = Object.hasOwn(kinds, rule) ? kinds[rule] : undefined
  // Codes of refusals have underscores, keywords of JSON Schema have none.
  return known ?? (rule.includes('_') ? 'not-readable' : 'wrong-value')
}
