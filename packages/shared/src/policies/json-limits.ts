// json-limits: how deep, long and wide JSON bodies may be; duplicate keys and keys that reach for prototypes never pass.
import * as z from 'zod'
import { scanJson } from '../validation/json-scan.ts'
import { charsetRefusal, codingRefusal, faultRefusal, isJsonType } from './json-body.ts'
import { definePolicy, defineSpec, type PolicyContext } from './policy.ts'

const count = (max: number) => z.int().min(1).max(max)

export const spec = defineSpec({
  type: 'json-limits',
  stage: 'shape',
  title: 'JSON limits',
  summary:
    'Refuses JSON bodies that are malformed, nested too deep, too wide or ambiguous, before the upstream parses them.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  needsBody: true,
  config: z.strictObject({
    depthMax: count(1_000).default(32).meta({
      title: 'Depth',
      help: 'Arrays and objects inside each other',
    }),
    keysMax: count(1_000_000).default(1_000).meta({ title: 'Keys of an object' }),
    itemsMax: count(1_000_000).default(10_000).meta({ title: 'Entries of an array' }),
    stringBytesMax: count(10_485_760).default(1_048_576).meta({ title: 'Longest string', widget: 'bytes' }),
    valuesMax: count(5_000_000).default(100_000).meta({
      title: 'Values altogether',
      help: 'Objects, arrays, texts, numbers and the rest',
    }),
    bodyBytesMax: count(10_485_760).default(1_048_576).meta({ title: 'Largest body', widget: 'bytes' }),
    anyType: z.boolean().default(false).meta({
      title: 'Whatever the type says',
      help: 'Every body has to be JSON, also where its Content-Type says otherwise; off: those that say they are, or say nothing',
    }),
  }),
  example: { depthMax: 16, bodyBytesMax: 262_144 },
})

export const policy = definePolicy(spec, (config) => {
  const limits = {
    depth: config.depthMax,
    keys: config.keysMax,
    items: config.itemsMax,
    stringBytes: config.stringBytesMax,
    values: config.valuesMax,
  }

  function isJson(ctx: PolicyContext): boolean {
    const contentType = ctx.header('content-type')
    return config.anyType || contentType === undefined || isJsonType(contentType)
  }

  return {
    request(ctx) {
      if (ctx.bodyLength === 0 || !isJson(ctx)) return undefined
      ctx.limitBody(config.bodyBytesMax)
      return codingRefusal(ctx) ?? charsetRefusal(ctx.header('content-type'))
    },
    wantsBody: (ctx) => ctx.bodyLength !== 0 && isJson(ctx),
    requestBody(_ctx, body) {
      if (body.length === 0) return undefined
      const fault = scanJson(body, limits)
      return fault === null ? undefined : faultRefusal(fault, limits)
    },
  }
})
