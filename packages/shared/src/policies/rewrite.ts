// rewrite: asks the upstream for another path, host or query than the caller asked for.
import * as z from 'zod'
import { templateFault } from '../path-template.ts'
import {
  describeSource,
  fillPath,
  fillPlain,
  missingParameter,
  parseValueTemplate,
  sourcePattern,
  type ValueTemplate,
} from '../value-template.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse } from './policy.ts'

const sources = 'Values: {id} of the path, {*} for its rest, {header.x-tenant}, {query.page}'

const literal = "[A-Za-z0-9._~!$&'()*+,;=:@%-]"

// RFC 3986 6.2.2: what is written otherwise is not the path that upstreams are told.
const normalForm = /^(?:[^%]|%(?!2D|2E|5F|7E|3[0-9]|4[1-9A-F]|5[0-9A]|6[1-9A-F]|7[0-9A])[0-9A-F]{2})*$/

const isPath = (text: string) => normalForm.test(text) && templateFault(text) === null
const notPath = 'Leave out dot segments and encodings that are not needed, and write the others in upper case'

const path = z
  .string()
  .max(1000)
  .regex(new RegExp(`^/(?:${literal}|/|${sourcePattern})*$`), 'Use a path such as /v2/items/{id}')
  .refine(isPath, notPath)

const prefix = z
  .string()
  .max(500)
  .regex(new RegExp(`^(?:/${literal}+)+$`), 'Use a path such as /v1, without a slash at its end')
  .refine(isPath, notPath)

const host = z
  .string()
  .max(260)
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?$/,
    'Use a host name and an optional port',
  )

const name = z.string().min(1).max(100).meta({ title: 'Parameter' })
const value = z
  .string()
  .max(1000)
  .regex(
    new RegExp(`^(?:[^{}]|${sourcePattern})*$`),
    'Use text with values such as {id} or {header.x-tenant}',
  )
  .meta({ title: 'Value' })
const parameters = z.array(z.strictObject({ name, value })).max(50).default([])

export const spec = defineSpec({
  type: 'rewrite',
  stage: 'shape',
  title: 'Rewrite',
  summary: 'Asks the upstream for another path, host or query than the caller asked for.',
  scopes: ['version', 'route'],
  config: z
    .strictObject({
      path: path
        .nullable()
        .default(null)
        .meta({
          title: 'Path',
          group: 'Path',
          help: `What the upstream is asked for, such as /v2/items/{id}. ${sources}. Empty = what the caller asked for, without the base path of the API`,
        }),
      stripPrefix: prefix.nullable().default(null).meta({
        title: 'Remove in front',
        group: 'Path',
        help: 'Such as /internal; whole segments only, and only where the path begins with them',
      }),
      addPrefix: prefix
        .nullable()
        .default(null)
        .meta({ title: 'Put in front', group: 'Path', help: 'After the removal' }),
      host: host
        .nullable()
        .default(null)
        .meta({ title: 'Host header', group: 'Host', help: 'Empty = as the upstream says' }),
      query: z
        .strictObject({
          set: parameters.meta({ title: 'Set', help: `Replaces what is there. ${sources}` }),
          add: parameters.meta({ title: 'Add', help: 'Beside what is there' }),
          remove: z.array(name).max(50).default([]).meta({ title: 'Remove' }),
        })
        .default({ set: [], add: [], remove: [] })
        .meta({ title: 'Query', group: 'Query' }),
    })
    .refine((config) => config.path === null || (config.stripPrefix === null && config.addPrefix === null), {
      path: ['path'],
      message: 'A whole path and prefixes exclude each other',
    }),
  templateFault({ path: text, query }, template) {
    const texts = [text ?? '', ...[...query.set, ...query.add].map((parameter) => parameter.value)]
    return texts.map((it) => missingParameter(it, template)).find((fault) => fault !== null) ?? null
  },
  example: {
    path: '/v2/items/{id}',
    query: { set: [{ name: 'tenant', value: '{header.x-tenant}' }], remove: ['debug'] },
  },
})

type Config = z.output<typeof spec.config>
type Edit = (ctx: PolicyContext) => Refusal | undefined

export const policy = definePolicy(spec, (config) => {
  // The path first: its values are those of the query as the caller sent it.
  const edits = [pathEdit(config), queryEdit(config.query)].filter((edit) => edit !== null)
  const { host: wanted } = config
  return {
    request(ctx) {
      for (const edit of edits) {
        const refusal = edit(ctx)
        if (refusal !== undefined) return refusal
      }
      if (wanted !== null) ctx.upstreamHeaders.set('host', wanted)
      return undefined
    },
  }
})

const unsafe = refuse('invalid_path', {
  detail: 'The values of this request make no path that could be forwarded.',
})

/** null when the path stays as it is. */
function pathEdit({ path: text, stripPrefix, addPrefix }: Config): Edit | null {
  if (text !== null) {
    const template = parseValueTemplate(text)
    return function replacePath(ctx) {
      const filled = fillPath(template, ctx)
      if (filled === null) return missingIn(template, ctx)
      return ctx.rewritePath(filled) ? undefined : unsafe
    }
  }
  if (stripPrefix === null && addPrefix === null) return null
  return function exchangePrefix(ctx) {
    const rest = stripPrefix === null ? ctx.upstreamPath : withoutPrefix(ctx.upstreamPath, stripPrefix)
    return ctx.rewritePath(addPrefix === null ? rest : addPrefix + rest) ? undefined : unsafe
  }
}

function withoutPrefix(whole: string, front: string): string {
  if (!whole.startsWith(front)) return whole
  const rest = whole.slice(front.length)
  if (rest === '') return '/'
  return rest.startsWith('/') ? rest : whole
}

/** null when the query stays as it is. A parameter whose values the request does not have is left out. */
function queryEdit({ set, add, remove }: Config['query']): Edit | null {
  if (set.length + add.length + remove.length === 0) return null
  const dropped = [...remove, ...set.map((parameter) => parameter.name)]
  const added = [...set, ...add].map((parameter) => ({
    name: parameter.name,
    template: parseValueTemplate(parameter.value),
  }))
  return function editQuery(ctx) {
    // All are read before any is gone.
    const values = added.map(({ template }) => fillPlain(template, ctx))
    for (const gone of dropped) ctx.dropQueryParameter(gone)
    for (const [i, parameter] of added.entries()) {
      const filled = values[i]
      if (typeof filled === 'string') ctx.addQueryParameter(parameter.name, filled)
    }
    return undefined
  }
}

function missingIn(template: ValueTemplate, ctx: PolicyContext): Refusal {
  let missing = ''
  fillPath(template, ctx, (source) => {
    missing = describeSource(source)
  })
  return refuse('invalid_path', { detail: `The upstream is asked for a path that needs ${missing}.` })
}
