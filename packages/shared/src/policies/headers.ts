// headers: sets, appends and removes header fields on the way to the upstream and on the way back.
import * as z from 'zod'
import { definePolicy, defineSpec, type HeaderEdits, refuse } from './policy.ts'
import { isReservedField } from './reserved-fields.ts'
import { readSecret, secretText } from './secret.ts'
import type { Secret } from './secret-ports.ts'

const name = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'Use a header field name')
  .refine((text) => !isReservedField(text), 'The gateway itself writes this header')
  .meta({ title: 'Name' })

// RFC 9110 5.5: visible characters, inner spaces and tabs; never a line break.
const oneLine = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/

const value = z
  .string()
  .max(4096)
  .regex(oneLine, 'Use one line of visible characters')
  .meta({ title: 'Value' })

const secretValue = secretText({ title: 'Value' }).refine(
  (text) => readSecret(text).kind !== 'plain' || oneLine.test(text),
  'Use one line of visible characters',
)

const fields = z.array(z.strictObject({ name, value })).max(100).default([])

const edits = z.strictObject({
  set: fields.meta({ title: 'Set', help: 'Replaces what is there' }),
  append: fields.meta({ title: 'Append', help: 'Adds a field beside what is there' }),
  remove: z.array(name).max(100).default([]).meta({ title: 'Remove' }),
})

const upstreamEdits = edits.extend({
  setSecret: z
    .array(z.strictObject({ name, value: secretValue }))
    .max(20)
    .default([])
    .meta({ title: 'Set secretly', help: 'As above; the values are kept sealed and never shown again' }),
})

const noEdits = { set: [], append: [], remove: [] }

export const spec = defineSpec({
  type: 'headers',
  stage: 'shape',
  title: 'Headers',
  summary: 'Sets, appends and removes header fields of requests and replies.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    request: upstreamEdits
      .default({ ...noEdits, setSecret: [] })
      .meta({ title: 'To the upstream', group: 'Request' }),
    response: edits.default(noEdits).meta({ title: 'To the caller', group: 'Response' }),
  }),
  example: {
    request: { set: [{ name: 'X-Api-Region', value: 'eu' }] },
    response: { set: [{ name: 'Cache-Control', value: 'no-store' }], remove: ['Server', 'X-Powered-By'] },
  },
})

type Edits = z.output<typeof edits>

export const policy = definePolicy(spec, ({ request, response }, { secrets }) => {
  const secretly = request.setSecret.map(({ name, value }) => ({
    name: name.toLowerCase(),
    // Where a file, a variable or Vault holds it, nobody has looked at it before.
    secret: secrets.open(value, (text) =>
      oneLine.test(text) ? null : `the secret value of ${name} is not one line of visible characters`,
    ),
  }))
  const toUpstream = createEdit(request, secretly)
  const toCaller = createEdit(response)
  return {
    ...(toUpstream && {
      request(ctx) {
        return toUpstream(ctx.upstreamHeaders) ? undefined : unavailable
      },
    }),
    ...(toCaller && {
      response(ctx) {
        toCaller(ctx.replyHeaders)
      },
    }),
  }
})

const unavailable = refuse('secret_unavailable', { retryAfterMs: 5_000 })

interface SecretField {
  readonly name: string
  readonly secret: Secret
}

/** null when there is nothing to edit, so that the phase does not exist. The edit answers false when a secret cannot be had. */
function createEdit(
  { set, append, remove }: Edits,
  secretly: readonly SecretField[] = [],
): ((headers: HeaderEdits) => boolean) | null {
  if (set.length + secretly.length + append.length + remove.length === 0) return null
  const removed = remove.map((text) => text.toLowerCase())
  const setTo = set.map((field) => ({ name: field.name.toLowerCase(), value: field.value }))
  const appended = append.map((field) => ({ name: field.name.toLowerCase(), value: field.value }))
  return function editHeaders(headers) {
    for (const text of removed) headers.remove(text)
    for (const field of setTo) headers.set(field.name, field.value)
    for (const { name, secret } of secretly) {
      const { text } = secret
      if (text === null) return false
      headers.set(name, text)
    }
    for (const field of appended) headers.append(field.name, field.value)
    return true
  }
}
