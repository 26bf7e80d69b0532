// redirect: sends the caller to another address, or to the same one over https, before anything else is asked of it.
import * as z from 'zod'
import {
  addressSourcePattern,
  fillPath,
  fillQuery,
  missingParameter,
  parseValueTemplate,
} from '../value-template.ts'
import { definePolicy, defineSpec, type PolicyContext, type Reply, refuse, type Verdict } from './policy.ts'

const literal = "[A-Za-z0-9._~!$&'()*+,;=:@%-]"

const hostAndPort = z
  .string()
  .max(260)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?$/, 'Use a host name and an optional port')

// No value of a request can stand in scheme or host: nobody is sent where the configuration does not say.
const location = z
  .string()
  .max(2000)
  .regex(
    new RegExp(
      `^(?:https?://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9][0-9]{0,4})?)?/(?:${literal}|/|${addressSourcePattern})*(?:\\?(?:${literal}|[/?]|${addressSourcePattern})*)?$`,
    ),
    'Use a path such as /v2/items/{id}, or an address with its host written out',
  )
  .refine((text) => !text.startsWith('//'), 'Two slashes would begin the name of a host')

export const spec = defineSpec({
  type: 'redirect',
  stage: 'edge',
  title: 'Redirect',
  summary: 'Sends the caller to another address, or to the same one over https.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      status: z.literal([301, 302, 303, 307, 308]).default(308).meta({
        title: 'Status',
        help: '301 and 308 are kept by clients; 307 and 308 keep method and body; 303 asks for a GET',
      }),
      location: location.nullable().default(null).meta({
        title: 'To',
        help: 'Such as /v2/items/{id} or https://books.example.com/{*}, as callers see it. Values: {id} of the path, {*} for its rest, {query.page}',
      }),
      httpsHosts: z.array(hostAndPort).max(50).default([]).meta({
        title: 'To https on these hosts',
        help: 'Callers that came over http; one who asked for another host is sent to the first. The others pass',
      }),
      keepQuery: z.boolean().default(true).meta({ title: 'Keep the query' }),
    })
    .refine((config) => (config.location === null) !== (config.httpsHosts.length === 0), {
      path: ['location'],
      message: 'Say either where to, or on which hosts to https',
    }),
  templateFault: ({ location: text }, template) => missingParameter(text ?? '', template),
  example: { status: 308, location: 'https://books.example.com/v2/items/{id}' },
})

export const policy = definePolicy(spec, ({ status, location: text, httpsHosts, keepQuery }) => {
  const reply = (address: string): Reply => ({
    kind: 'reply',
    status,
    headers: ['Location', address],
    body: '',
  })
  const address = text === null ? null : addressOf(text)
  return {
    request(ctx): Verdict {
      if (address === null) {
        if (ctx.scheme === 'https') return undefined
        return reply(
          withQuery(`https://${hostFor(ctx.host, httpsHosts)}${ctx.path}`, keepQuery ? ctx.query : ''),
        )
      }
      const filled = address(ctx)
      // RFC 3986 4.2: what begins with two slashes names a host, which no value of a request may do.
      if (filled === null || filled.startsWith('//')) return nowhere
      return reply(withQuery(filled, keepQuery ? ctx.query : ''))
    },
  }
})

const nowhere = refuse('route_not_found', { detail: 'The values of this request lead to no address.' })

/** null when a value is missing. */
function addressOf(text: string): (ctx: PolicyContext) => string | null {
  const mark = text.indexOf('?')
  const path = parseValueTemplate(mark < 0 ? text : text.slice(0, mark))
  const query = mark < 0 ? null : parseValueTemplate(text.slice(mark))
  return function fillAddress(ctx) {
    const front = fillPath(path, ctx)
    if (query === null || front === null) return front
    const rest = fillQuery(query, ctx)
    return rest === null ? null : front + rest
  }
}

function withQuery(address: string, query: string): string {
  return query === '' ? address : `${address}${address.includes('?') ? '&' : '?'}${query}`
}

function hostFor(asked: string, hosts: readonly string[]): string {
  return hosts.find((host) => host.replace(/:\d+$/, '') === asked) ?? hosts[0] ?? asked
}
