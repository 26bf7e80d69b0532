// What a request must say beyond host, path and method: conditions of routes and rules, and what tells versions apart.
import * as z from 'zod'

/** RFC 9110 5.1, in lower case: names of fields are compared without regard to case. */
export const fieldName = z
  .string()
  .max(100)
  .regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/, 'Use a header name in lower case, such as x-client')
  .meta({ title: 'Header' })

export const queryName = z.string().min(1).max(100).meta({ title: 'Parameter' })

/** RFC 6265 4.1.1: a token. */
export const cookieName = z
  .string()
  .max(100)
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'Use a cookie name such as release')
  .meta({ title: 'Cookie' })

const values = z
  .array(z.string().min(1).max(200))
  .max(20)
  .default([])
  .meta({ title: 'Values', help: 'One of them, compared exactly; none = it only has to be there' })

const header = z.strictObject({ name: fieldName, values })
const query = z.strictObject({ name: queryName, values })

/** `application/json`, `application/*` or a structured suffix such as `application/*+json` (RFC 6838 4.2.8). */
export const mediaRange = z
  .string()
  .max(150)
  .regex(
    /^[a-z0-9!#$&^_.+-]+\/(?:\*(?:\+[a-z0-9.-]+)?|[a-z0-9!#$&^_.+-]+)$/,
    'Use a media type such as application/json',
  )
  .meta({ title: 'Media type' })

/** All of them have to hold. The more there are, the sooner a route is tried. */
export const requestConditions = z.strictObject({
  headers: z.array(header).max(8).default([]).meta({ title: 'Headers' }),
  query: z.array(query).max(8).default([]).meta({ title: 'Query parameters' }),
  contentTypes: z
    .array(mediaRange)
    .max(8)
    .default([])
    .meta({ title: 'Media types of the body', help: 'One of them; none = any' }),
})
export type RequestConditions = z.output<typeof requestConditions>

export const noConditions: RequestConditions = { headers: [], query: [], contentTypes: [] }

/**
 * How the versions of an API that share host and base path are told apart (ADR 40). Unset: by the path alone, and beside
 * versions that have one it answers requests that name no version.
 */
export const versionSelector = z.discriminatedUnion('by', [
  z
    .strictObject({
      by: z.literal('header'),
      name: fieldName,
      value: z.string().min(1).max(100).meta({ title: 'Value' }),
      isDefault: z.boolean().default(false).meta({ title: 'Answers requests that name no version' }),
    })
    .meta({ title: 'Header' }),
  z
    .strictObject({
      by: z.literal('query'),
      name: queryName,
      value: z.string().min(1).max(100).meta({ title: 'Value' }),
      strip: z.boolean().default(true).meta({ title: 'Remove it before the upstream' }),
      isDefault: z.boolean().default(false).meta({ title: 'Answers requests that name no version' }),
    })
    .meta({ title: 'Query parameter' }),
  z
    .strictObject({
      by: z.literal('media-type'),
      mediaType: z
        .string()
        .max(150)
        .regex(
          /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/,
          'Use a whole media type such as application/vnd.books.v2+json',
        )
        .meta({
          title: 'Media type',
          help: 'As clients ask for it in Accept, such as application/vnd.books.v2+json',
        }),
      isDefault: z.boolean().default(false).meta({ title: 'Answers requests that name no version' }),
    })
    .meta({ title: 'Media type' }),
])
export type VersionSelector = z.output<typeof versionSelector>
