// traffic-export: which calls are told to sinks that take traffic, and with which fields of their heads.
import * as z from 'zod'
import { trafficMasker } from '../masking/masker.ts'
import { isSecretField } from '../masking/secrets.ts'
import { definePolicy, defineSpec } from './policy.ts'

/** Longest value that is told, characters; twice that is looked at, so that no secret is cut in two. */
const valueLengthMax = 500

const fieldNames = z
  .array(
    z
      .string()
      .max(100)
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'Use a header field name')
      .refine(
        (name) => !isSecretField(name.toLowerCase()),
        'This field carries credentials: it is never told',
      ),
  )
  .max(20)

export const spec = defineSpec({
  type: 'traffic-export',
  stage: 'edge',
  title: 'Traffic export',
  summary:
    'Tells sinks that take traffic of every call, masked: method, path, status, times, caller and the fields you name.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z.strictObject({
    requestFields: fieldNames.default(['Content-Type']).meta({
      title: 'Fields of requests',
      help: 'Only these are told, and secrets in them are masked. Fields that carry credentials cannot be named',
    }),
    responseFields: fieldNames
      .default(['Content-Type'])
      .meta({ title: 'Fields of responses', help: 'As the API sent them' }),
  }),
  example: { requestFields: ['Content-Type', 'Origin'], responseFields: ['Content-Type'] },
})

export const policy = definePolicy(spec, (config) => {
  const requestNames = lowerCase(config.requestFields)
  const responseNames = lowerCase(config.responseFields)

  return {
    done(ctx) {
      // Explained requests are none.
      if (ctx.cost === 0) return
      ctx.exportCall({
        request: told(requestNames, (name) => ctx.header(name)),
        // Of a reply of the gateway itself none: they would be those of an attempt that came to nothing.
        response: ctx.reason === null ? told(responseNames, (name) => ctx.responseHeader(name)) : {},
      })
    },
  }
})

const lowerCase = (names: readonly string[]) => [...new Set(names.map((name) => name.toLowerCase()))]

function told(
  names: readonly string[],
  read: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {}
  for (const name of names) {
    const value = read(name)
    if (value === undefined) continue
    // What no text of a database may hold is no part of a field either.
    const text = value.slice(0, 2 * valueLengthMax).replaceAll('\0', '\ufffd')
    fields[name] = trafficMasker.field(name, text).slice(0, valueLengthMax)
  }
  return fields
}
