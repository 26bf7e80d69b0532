// body-limit: how large a request body may be, and of which media types.
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
  type: 'body-limit',
  stage: 'shape',
  title: 'Body limit',
  summary: 'Refuses request bodies that are too large or of the wrong media type, without buffering them.',
  scopes: ['global', 'tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    maxBytes: z.int().min(0).default(10_485_760).meta({
      title: 'Largest body',
      widget: 'bytes',
      help: 'The smallest limit of all attached ones counts',
    }),
    mediaTypes: z.array(mediaRange).max(100).default([]).meta({
      title: 'Media types',
      help: 'Such as application/json, application/*+json or image/*; empty = any',
    }),
  }),
  example: { maxBytes: 1_048_576, mediaTypes: ['application/json', 'application/*+json'] },
})

export const policy = definePolicy(spec, ({ maxBytes, mediaTypes }) => {
  const isAccepted = createMediaTest(mediaTypes)
  const tooLarge = refuse('body_too_large', {
    detail: `At most ${maxBytes} bytes are accepted.`,
    extensions: { maxBytes },
  })
  const accepted = mediaTypes.join(', ')
  // RFC 9110 15.5.16: Accept in a 415 says what would have been right.
  const wrongType = refuse('media_type_not_supported', {
    detail: `Accepted media types: ${accepted}.`,
    headers: ['Accept', accepted],
  })

  function accepts(contentType: string | undefined): boolean {
    return contentType !== undefined && isAccepted(essence(contentType))
  }

  return {
    request(ctx) {
      if (ctx.bodyLength === 0) return undefined
      if (mediaTypes.length > 0 && !accepts(ctx.header('content-type'))) return wrongType
      if (ctx.bodyLength !== null && ctx.bodyLength > maxBytes) return tooLarge
      ctx.limitBody(maxBytes)
      return undefined
    },
  }
})
