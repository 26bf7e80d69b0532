// Generated forms of /__states: one schema with every kind of field.

import { useState } from 'react'
import { Problem } from '../api/problem.ts'
import { SchemaForm } from '../forms/schema-form.tsx'
import type { Json, JsonSchema } from '../forms/schema-model.ts'
import { CodeBlock } from '../ui/copy.tsx'
import { Card, Section } from '../ui/page.tsx'

const schema: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['limit', 'mode'],
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 1_000_000, title: 'Calls' },
    windowMs: { type: 'integer', default: 60_000, title: 'Per', widget: 'duration' },
    maxBytes: { type: 'integer', title: 'Largest body', widget: 'bytes' },
    by: { enum: ['application', 'address', 'route'], default: 'application', title: 'Counted by' },
    token: { type: 'string', title: 'Token', secret: true },
    allow: {
      type: 'array',
      title: 'Allowed addresses',
      items: { type: 'string', widget: 'cidr' },
      default: [],
    },
    methods: {
      type: 'array',
      title: 'Methods',
      items: { enum: ['GET', 'POST', 'PUT', 'DELETE'] },
      default: ['GET'],
    },
    headers: {
      type: 'object',
      title: 'Headers to set',
      additionalProperties: { type: 'string' },
      default: {},
    },
    mode: {
      title: 'Precision',
      oneOf: [
        {
          type: 'object',
          title: 'Strict: counted in one place',
          properties: { kind: { const: 'strict' } },
          required: ['kind'],
        },
        {
          type: 'object',
          title: 'Leased: slices per gateway',
          properties: { kind: { const: 'leased' }, slice: { type: 'integer', default: 10, title: 'Slice' } },
          required: ['kind'],
        },
      ],
    },
    enabled: { type: 'boolean', default: true, title: 'Enabled', group: 'Advanced' },
    note: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, title: 'Note', group: 'Advanced' },
    extra: { title: 'Anything', help: 'A value of any shape.', group: 'Advanced' },
  },
}

const failure = new Problem({
  status: 400,
  code: 'invalid_input',
  title: 'The input is not valid',
  requestId: 'req_01k9x2m4v7q8w3e5r6t1y2',
  errors: [{ pointer: '/limit', detail: 'A sliding window log remembers every call: at most 100000' }],
})

export function FormStates() {
  const [value, setValue] = useState<Json>({
    limit: 200_000,
    mode: { kind: 'leased' },
    allow: ['10.0.0.0/8', 'nonsense'],
    headers: { 'x-a': '1' },
  })
  return (
    <Section title="Generated form">
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        <Card>
          <SchemaForm schema={schema} value={value} onChange={setValue} problem={failure} />
        </Card>
        <CodeBlock title="Value" code={JSON.stringify(value, null, 2)} />
      </div>
    </Section>
  )
}
