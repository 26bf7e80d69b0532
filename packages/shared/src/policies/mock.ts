// mock: answers from the examples of the API's document, so that an API can be tried before anything stands behind it.
import * as z from 'zod'
import { essence, parseAccept, qualityOf } from '../media-type.ts'
import { definePolicy, defineSpec, type MockExample, refuse } from './policy.ts'

export const spec = defineSpec({
  type: 'mock',
  stage: 'upstream',
  title: 'Mock',
  summary: 'Answers with an example of the API document instead of calling the upstream.',
  scopes: ['version', 'route'],
  config: z.strictObject({
    status: z
      .int()
      .min(200)
      .max(599)
      .nullable()
      .default(null)
      .meta({ title: 'Status', help: 'Empty = the first successful one of the document' }),
    example: z
      .string()
      .max(200)
      .nullable()
      .default(null)
      .meta({ title: 'Example', help: 'Name of the example; empty = the first one' }),
    preferHeader: z.boolean().default(true).meta({
      title: 'Callers may choose',
      help: 'By Prefer: code=404, example=notFound (RFC 7240)',
    }),
  }),
  example: { status: 200 },
})

interface Wish {
  readonly status: number | null
  readonly example: string | null
}

export const policy = definePolicy(spec, (config) => {
  const configured: Wish = { status: config.status, example: config.example }

  return {
    request(ctx) {
      const prefer = config.preferHeader ? ctx.header('prefer') : undefined
      const wish = prefer === undefined ? null : parsePrefer(prefer)
      const chosen = wish && chooseExample(ctx.route.mocks, wish, ctx.header('accept'))
      const answer = chosen ?? chooseExample(ctx.route.mocks, configured, ctx.header('accept'))
      if (!answer) {
        return refuse('mock_missing', {
          detail: `The document has no example for ${ctx.route.method} ${ctx.route.template}.`,
        })
      }
      const headers: string[] = []
      if (answer.mediaType !== null) headers.push('Content-Type', answer.mediaType)
      if (chosen && wish) headers.push('Preference-Applied', applied(wish))
      return { kind: 'reply', status: answer.status, headers, body: answer.body }
    },
  }
})

/** The example that fits best; null when none has the wished status and name. */
function chooseExample(
  mocks: readonly MockExample[],
  wish: Wish,
  accept: string | undefined,
): MockExample | null {
  let fitting = mocks.filter(
    (mock) =>
      (wish.status === null || mock.status === wish.status) &&
      (wish.example === null || mock.name === wish.example),
  )
  // Without a wished status a success speaks for the operation, whatever order the document has.
  if (wish.status === null) {
    const successes = fitting.filter((mock) => mock.status < 300)
    if (successes.length > 0) fitting = successes
  }
  const first = fitting[0]
  if (!first || accept === undefined) return first ?? null
  const ranges = parseAccept(accept)
  let best = first
  let bestQuality = -1
  for (const mock of fitting) {
    if (mock.status !== first.status) continue
    const quality = mock.mediaType === null ? 0 : qualityOf(essence(mock.mediaType), ranges)
    if (quality > bestQuality) {
      best = mock
      bestQuality = quality
    }
  }
  return best
}

/** `code` and `example` of a Prefer field (RFC 7240 2); null when it names neither. */
function parsePrefer(prefer: string): Wish | null {
  let status: number | null = null
  let example: string | null = null
  for (const preference of prefer.split(/[,;]/)) {
    const at = preference.indexOf('=')
    if (at < 0) continue
    const key = preference.slice(0, at).trim().toLowerCase()
    const value = preference
      .slice(at + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
    if (key === 'code' && /^[2-5][0-9]{2}$/.test(value)) status = Number(value)
    else if (key === 'example' && /^[\x20-\x7e]+$/.test(value)) example = value
  }
  return status === null && example === null ? null : { status, example }
}

function applied({ status, example }: Wish): string {
  const parts: string[] = []
  if (status !== null) parts.push(`code=${status}`)
  if (example !== null) parts.push(`example="${example.replace(/["\\]/g, '')}"`)
  return parts.join(', ')
}
