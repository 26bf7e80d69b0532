// api-key: who is calling, proved by a key; and whether that application's subscription covers this API.

import * as z from 'zod'
import { readCookie, withoutCookie } from '../cookies.ts'
import { parseKey } from '../key.ts'
import { createCallerGate, unlessPublic } from './caller.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse } from './policy.ts'
import { isReservedField } from './reserved-fields.ts'

const fieldName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'Use a header field name')
  .refine((text) => !isReservedField(text), 'The gateway itself writes this header')
const parameterName = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9._~-]+$/, 'Use letters, digits, dots, hyphens, underscores')

export const spec = defineSpec({
  type: 'api-key',
  stage: 'identify',
  title: 'API key',
  summary:
    'Asks for a key, finds the application behind it and checks that its subscription covers this API.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      header: fieldName
        .nullable()
        .default('X-API-Key')
        .meta({ title: 'Header', help: 'Where the key is read first', group: 'Where the key is' }),
      query: parameterName.nullable().default(null).meta({
        title: 'Query parameter',
        help: 'Off unless named: addresses end up in logs and histories',
        group: 'Where the key is',
      }),
      cookie: parameterName
        .nullable()
        .default(null)
        .meta({ title: 'Cookie', help: 'Off unless named', group: 'Where the key is' }),
      consumerHeaders: z.boolean().default(true).meta({
        title: 'Tell the upstream who calls',
        help: 'Sends X-Consumer-Application, -Application-Id, -Plan, -Subscription-Id and -Credential-Id',
      }),
    })
    .refine((config) => config.header ?? config.query ?? config.cookie, {
      path: ['header'],
      error: 'Name at least one place where the key is sent',
    }),
  example: { header: 'X-API-Key' },
})

export const policy = definePolicy(spec, (config, { credentials, environment }) => {
  const header = config.header?.toLowerCase() ?? null
  const { query, cookie } = config
  // RFC 9110 11.6.1: a 401 names a scheme; there is no registered one for keys.
  const challenge = ['WWW-Authenticate', `ApiKey realm="gatewright"${header ? `, header="${header}"` : ''}`]
  const where = [
    config.header && `the header ${config.header}`,
    query && `the query parameter ${query}`,
    cookie && `the cookie ${cookie}`,
  ].filter(Boolean)
  const absent = refuse('credential_missing', {
    detail: `Send your key in ${where.join(' or ')}.`,
    headers: challenge,
  })
  const invalid = refuse('credential_invalid', {
    detail: 'The key is mistyped or does not exist.',
    headers: challenge,
  })
  const otherEnvironment = refuse('credential_other_environment', {
    detail: `This gateway serves “${environment}”.`,
  })
  const admit = createCallerGate(
    {
      unknown: invalid,
      revoked: refuse('credential_revoked', { headers: challenge }),
      expired: refuse('credential_expired', { headers: challenge }),
    },
    config.consumerHeaders,
  )

  function readKey(ctx: PolicyContext): string | undefined {
    let key: string | undefined
    if (header !== null) {
      key = ctx.header(header)
      if (key !== undefined) ctx.upstreamHeaders.remove(header)
    }
    if (query !== null) {
      const value = ctx.queryParameter(query)
      if (value !== undefined) ctx.dropQueryParameter(query)
      key ??= value
    }
    if (cookie !== null) {
      const cookies = ctx.header('cookie')
      const value = cookies === undefined ? undefined : readCookie(cookies, cookie)
      if (value !== undefined && cookies !== undefined) {
        const rest = withoutCookie(cookies, cookie)
        if (rest === '') ctx.upstreamHeaders.remove('cookie')
        else ctx.upstreamHeaders.set('cookie', rest)
      }
      key ??= value
    }
    return key
  }

  return {
    absent,
    request(ctx) {
      const key = readKey(ctx)
      if (key === undefined || key === '') return undefined
      const sha256 = ctx.digest(key)
      // Most calls end here: a key that exists needs no look at its form.
      const known = credentials.known(sha256)
      if (known !== undefined) return unlessPublic(ctx, admit(ctx, known))
      const parts = parseKey(key)
      if (parts === null) return unlessPublic(ctx, invalid)
      if (parts.environment !== environment) return unlessPublic(ctx, otherEnvironment)
      const found = credentials.find(sha256)
      if (found instanceof Promise) return found.then((result) => unlessPublic(ctx, admit(ctx, result)))
      return unlessPublic(ctx, admit(ctx, found))
    },
  }
})
