// cors: which web pages may read the answers (Fetch standard, 3.2); preflights are answered here, before any key is asked for.
import * as z from 'zod'
import { definePolicy, defineSpec, type PolicyContext } from './policy.ts'

const origin = z
  .string()
  .max(300)
  .regex(
    /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?[a-z0-9.[\]:-]+)$/,
    'Use *, https://app.example.com or https://*.example.com',
  )
const token = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'Use a name without spaces')

export const spec = defineSpec({
  type: 'cors',
  stage: 'edge',
  title: 'CORS',
  summary: 'Lets web pages of other origins call the API, and answers their preflight requests.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      origins: z.array(origin).min(1).max(200).default(['*']).meta({
        title: 'Origins',
        help: '* = any · https://app.example.com · https://*.example.com for every name below it',
      }),
      methods: z
        .array(token)
        .max(50)
        .default(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
        .meta({ title: 'Methods', group: 'Preflight' }),
      headers: z
        .array(token)
        .max(100)
        .default(['*'])
        .meta({ title: 'Request headers', help: '* = whatever the page asks for', group: 'Preflight' }),
      maxAgeSeconds: z
        .int()
        .min(0)
        .max(86_400)
        .default(600)
        .meta({ title: 'Remember for', help: 'Seconds a browser may keep the answer', group: 'Preflight' }),
      credentials: z.boolean().default(false).meta({
        title: 'Allow cookies',
        help: 'Needs named origins: a page of any origin must not act with the cookies of the user',
      }),
      exposeHeaders: z.array(token).max(100).default([]).meta({
        title: 'Reply headers that pages may read',
        help: 'Limits, Retry-After and X-Request-Id are always readable',
      }),
    })
    .refine((config) => !(config.credentials && config.origins.includes('*')), {
      path: ['credentials'],
      error: 'Cookies need named origins instead of *',
    }),
  example: { origins: ['https://app.example.com'] },
})

const alwaysExposed = [
  'RateLimit',
  'RateLimit-Policy',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'Retry-After',
  'X-Request-Id',
  'Deprecation',
  'Sunset',
  'Link',
]

export const policy = definePolicy(spec, (config) => {
  const any = config.origins.includes('*')
  const exact = new Set(config.origins.filter((text) => !text.includes('*')))
  const below = config.origins.filter((text) => text.includes('://*.')).map(splitWildcard)
  const methods = config.methods.join(', ')
  const anyHeader = config.headers.includes('*')
  const headers = config.headers.join(', ')
  const maxAge = String(config.maxAgeSeconds)
  const exposed = [...new Set([...alwaysExposed, ...config.exposeHeaders])].join(', ')

  function allows(from: string): boolean {
    if (any || exact.has(from)) return true
    for (const { start, end } of below) {
      if (from.length > start.length + end.length && from.startsWith(start) && from.endsWith(end)) return true
    }
    return false
  }

  return {
    request(ctx) {
      if (ctx.method !== 'OPTIONS') return undefined
      const from = ctx.header('origin')
      if (from === undefined || ctx.header('access-control-request-method') === undefined) return undefined
      const reply = ['Vary', 'Access-Control-Request-Method, Access-Control-Request-Headers']
      // The response phase says to whom; a page of a foreign origin gets no allow field at all.
      if (allows(from)) {
        reply.push('Access-Control-Allow-Methods', methods)
        const asked = anyHeader ? ctx.header('access-control-request-headers') : headers
        if (asked) reply.push('Access-Control-Allow-Headers', asked)
        reply.push('Access-Control-Max-Age', maxAge)
      }
      return { kind: 'reply', status: 204, headers: reply, body: '' }
    },

    // For refusals too: without these fields a page could not even read why it was refused.
    response(ctx: PolicyContext) {
      const { replyHeaders } = ctx
      const from = ctx.header('origin')
      if (!any) replyHeaders.append('vary', 'Origin')
      // The gateway alone decides, so what the upstream said about origins does not pass.
      if (from === undefined || !allows(from)) {
        replyHeaders.remove('access-control-allow-origin')
        replyHeaders.remove('access-control-allow-credentials')
        return
      }
      replyHeaders.set('access-control-allow-origin', any ? '*' : from)
      if (config.credentials) replyHeaders.set('access-control-allow-credentials', 'true')
      else replyHeaders.remove('access-control-allow-credentials')
      replyHeaders.set('access-control-expose-headers', exposed)
    },
  }
})

function splitWildcard(text: string): { start: string; end: string } {
  const star = text.indexOf('*')
  return { start: text.slice(0, star), end: text.slice(star + 1) }
}
