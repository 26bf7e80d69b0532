// Text with values of the request in it: `/v2/items/{id}`, `{header.x-tenant}`, `{query.page}`; read once, filled per request.
import { parameterNames } from './path-template.ts'
import type { PolicyContext } from './policies/policy.ts'

/** `{id}`: a parameter of the route's path, `{*}`: its rest; `{header.name}`, `{query.name}`: what the request says. */
export interface Source {
  readonly from: 'path' | 'header' | 'query'
  readonly name: string
}

type Part = string | Source

/** Text and sources in turn, and how each value is written into what stands around it. */
export interface ValueTemplate {
  readonly parts: readonly Part[]
}

/** In a regular expression: any source. */
export const sourcePattern = "\\{(?:header\\.[!#$%&'*+.^_`|~0-9A-Za-z-]+|query\\.[^{}\\s]+|[^{}\\s/?#]+)\\}"
/** Any but a header: for what is written where the caller's credentials must not come. */
export const addressSourcePattern = '\\{(?!header\\.)[^{}\\s/?#]+\\}'

export function parseValueTemplate(text: string): ValueTemplate {
  const parts = text.split(/(\{[^{}]+\})/).filter((part) => part !== '')
  return { parts: parts.map((part) => (part.startsWith('{') ? sourceOf(part.slice(1, -1)) : part)) }
}

function sourceOf(name: string): Source {
  if (name.startsWith('header.')) return { from: 'header', name: name.slice('header.'.length).toLowerCase() }
  if (name.startsWith('query.')) return { from: 'query', name: name.slice('query.'.length) }
  return { from: 'path', name: name.replace(/\+$/, '') }
}

/** What a text asks of the path that a route with this template does not have, as a sentence; null = nothing. */
export function missingParameter(text: string, routeTemplate: string): string | null {
  const names = parameterNames(routeTemplate)
  for (const part of parseValueTemplate(text).parts) {
    if (typeof part === 'string' || part.from !== 'path' || names.includes(part.name)) continue
    const known = names.length === 0 ? 'none' : names.map((name) => `{${name}}`).join(', ')
    return `{${part.name}} is no parameter of ${routeTemplate}, which has ${known}`
  }
  return null
}

/** As callers are told: `the header x-tenant`. */
export function describeSource({ from, name }: Source): string {
  return from === 'path'
    ? `the path parameter ${name}`
    : `the ${from === 'query' ? 'query parameter' : 'header'} ${name}`
}

/** Called for a value that the request does not have. */
type OnMissing = (source: Source) => void

/** The text with its values as they are; null when one is missing. Not to be written anywhere without being encoded. */
export function fillPlain({ parts }: ValueTemplate, ctx: PolicyContext, missing?: OnMissing): string | null {
  return fill(parts, missing, (source) => {
    const value = read(source, ctx)
    return value !== undefined && source.from === 'path' ? decoded(value) : value
  })
}

/**
 * For a path: path parameters as they came, which is how a path has them, everything else percent-encoded with its slashes.
 * What comes out may still have dot segments, which whoever uses it has to refuse.
 */
export function fillPath({ parts }: ValueTemplate, ctx: PolicyContext, missing?: OnMissing): string | null {
  return fill(parts, missing, (source) => {
    const value = read(source, ctx)
    if (value === undefined || source.from === 'path') return value
    return value === '' ? undefined : encodeURIComponent(value.toWellFormed())
  })
}

/** For a query: every value percent-encoded whole. */
export function fillQuery(template: ValueTemplate, ctx: PolicyContext, missing?: OnMissing): string | null {
  return fill(template.parts, missing, (source) => {
    const value = read(source, ctx)
    if (value === undefined) return undefined
    return encodeURIComponent((source.from === 'path' ? decoded(value) : value).toWellFormed())
  })
}

function fill(
  parts: readonly Part[],
  missing: OnMissing | undefined,
  write: (source: Source) => string | undefined,
): string | null {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      text += part
      continue
    }
    const value = write(part)
    if (value === undefined) {
      missing?.(part)
      return null
    }
    text += value
  }
  return text
}

function read({ from, name }: Source, ctx: PolicyContext): string | undefined {
  if (from === 'path') return ctx.pathParameter(name)
  // A key that a policy takes away is not for the upstream in another place either.
  return from === 'header' ? ctx.forwardedHeader(name) : ctx.queryParameter(name)
}

/** Octets that are no UTF-8 stay encoded. */
function decoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
