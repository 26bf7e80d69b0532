// allow-list: which methods, media types and content codings a request may have; nothing else reaches the upstream.
import * as z from 'zod'
import { createMediaTest, essence } from '../media-type.ts'
import { definePolicy, defineSpec, refuse } from './policy.ts'

const mediaRange = z
  .string()
  .max(200)
  .regex(
    /^[a-z0-9!#$&^_.+-]+\/(?:\*(?:\+[a-z0-9.-]+)?|[a-z0-9!#$&^_.+-]+)$/,
    'Use a lower-case media type such as application/json, application/*+json or text/*',
  )

export const spec = defineSpec({
  type: 'allow-list',
  stage: 'shape',
  title: 'Allow list',
  summary: 'Lets only the listed methods, media types and content codings through.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    methods: z
      .array(
        z
          .string()
          .regex(/^[A-Z][A-Z0-9-]{0,31}$/, 'Use an upper-case method such as GET')
          .meta({ title: 'Method' }),
      )
      .max(50)
      .default([])
      .meta({ title: 'Methods', help: 'Empty: any that the API has. HEAD comes with GET' }),
    mediaTypes: z.array(mediaRange).max(100).default([]).meta({
      title: 'Media types of bodies',
      help: 'Such as application/json or application/*+json. Empty: any. XML that is not listed never reaches a parser',
    }),
    contentCodings: z
      .array(
        z
          .string()
          .regex(/^[a-z0-9!#$&'*+.^_`|~-]{1,50}$/, 'Use a lower-case coding such as gzip')
          .meta({ title: 'Coding' }),
      )
      .max(20)
      .default([])
      .meta({
        title: 'Content codings of bodies',
        help: 'Such as gzip. Empty: none, so that nothing small becomes something large behind the gateway',
      }),
  }),
  example: { methods: ['GET', 'POST'], mediaTypes: ['application/json'] },
})

export const policy = definePolicy(spec, ({ methods, mediaTypes, contentCodings }) => {
  const allowed = [...new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)]
  const isListed = createMediaTest(mediaTypes)
  const accepted = mediaTypes.join(', ')
  const codings = new Set(contentCodings)
  // RFC 9110 15.5.6: a 405 says what would have been right; so do 415s (15.5.16).
  const wrongMethod = refuse('method_not_allowed', {
    detail: `Allowed methods: ${allowed.join(', ')}.`,
    headers: ['Allow', allowed.join(', ')],
  })
  const wrongType = refuse('media_type_not_supported', {
    detail: `Accepted media types: ${accepted}.`,
    headers: ['Accept', accepted],
  })
  const wrongCoding = refuse('content_coding_not_supported', {
    detail: `Accepted content codings: ${contentCodings.length === 0 ? 'none' : contentCodings.join(', ')}.`,
    headers: ['Accept-Encoding', contentCodings.length === 0 ? 'identity' : contentCodings.join(', ')],
  })

  function isAllowedCoding(field: string): boolean {
    return field.split(',').every((coding) => {
      const name = coding.trim().toLowerCase()
      return name === '' || name === 'identity' || codings.has(name)
    })
  }

  return {
    request(ctx) {
      if (allowed.length > 0 && !allowed.includes(ctx.method)) return wrongMethod
      if (ctx.bodyLength === 0) return undefined
      const type = ctx.header('content-type')
      if (mediaTypes.length > 0 && (type === undefined || !isListed(essence(type)))) return wrongType
      const coding = ctx.header('content-encoding')
      return coding === undefined || isAllowedCoding(coding) ? undefined : wrongCoding
    },
  }
})
