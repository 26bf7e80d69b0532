// What crosses the gateway in either direction: every header field the upstream or the client gets is decided here.
import { setsPortalCookie, withoutPortalCookies } from '@gatewright/shared/portal-cookies'
import type { CompiledRoute } from '../config/generation.ts'
import type { UpstreamTarget } from '../upstream/call.ts'
import type { RequestContext } from './context.ts'
import {
  aliasedKind,
  cookies,
  fieldKind,
  fieldValue,
  forwarding,
  is,
  locating,
  nominatedBy,
  ordinary,
  revealing,
  framing as theFraming,
  via as theVia,
} from './fields.ts'
import type { HeaderEditList } from './header-edits.ts'
import { pushLimitFields } from './limit-fields.ts'
import { rewriteAddress } from './location.ts'

// RFC 9110 7.6.3: a pseudonym, so that it names no machine.
export const viaName = 'gatewright'
const viaEntry = `1.1 ${viaName}`
const noNames: ReadonlySet<string> = new Set()

/** Path and query as the upstream sees them. */
export function upstreamTarget(ctx: RequestContext, route: CompiledRoute, target: UpstreamTarget): string {
  const rest =
    ctx.rewrittenPath ?? (route.basePathLength === 0 ? ctx.path : ctx.path.substring(route.basePathLength))
  const path = `${target.pathPrefix}${rest}` || '/'
  const query = ctx.queryEdit === null ? ctx.query : ctx.queryEdit.toString()
  return query === '' ? path : `${path}?${query}`
}

/** Name and value in turn: what the upstream gets, framing left out. */
export function upstreamFields(ctx: RequestContext, target: UpstreamTarget): string[] {
  const received = ctx.exchange.fields
  const edits = ctx.upstreamEdits
  const nominated = nominatedBy(ctx.connectionField) ?? noNames
  const fields: string[] = []
  if (edits === null || !edits.drops('host')) {
    fields.push('Host', ctx.upstream?.hostHeader === 'client' ? ctx.authority : target.authority)
  }
  let viaValue = viaEntry
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i] as string
    let value = received[i + 1] as string
    if (aliasedKind(name) !== ordinary) continue
    const kind = fieldKind(name)
    if (kind === cookies) {
      value = withoutPortalCookies(value)
      if (value === '') continue
    } else if (kind !== ordinary) {
      if (kind === theVia) viaValue = `${value}, ${viaValue}`
      if (kind !== locating && kind !== revealing) continue
    }
    if (nominated.size > 0 && nominated.has(name.toLowerCase())) continue
    if (edits?.drops(name)) continue
    fields.push(name, value)
  }
  if (ctx.expectsContinue) fields.push('Expect', '100-continue')
  fields.push('Via', viaValue)
  pushForwarding(ctx, fields, received)
  fields.push('X-Request-Id', ctx.requestId)
  if (edits !== null) pushAddedToRequest(edits, fields)
  return fields
}

/** A policy that trims the cookies it was given may still hold the portal's. */
function pushAddedToRequest(edits: HeaderEditList, fields: string[]): void {
  const { added } = edits
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i] as string
    const value = added[i + 1] as string
    fields.push(name, name === 'cookie' ? withoutPortalCookies(value) : value)
  }
}

/** `X-Forwarded-*` and `Forwarded` (RFC 7239): ours alone, unless a trusted proxy told what was before it. */
function pushForwarding(ctx: RequestContext, fields: string[], received: readonly string[]): void {
  const { peer } = ctx
  let forwardedFor = peer.address
  let forwardedHost = ctx.authority
  let forwarded = `for=${peer.forwardedFor};host="${ctx.authority}";proto=${ctx.scheme}`
  if (peer.trusted) {
    const before = fieldValue(received, 'x-forwarded-for')
    if (before !== undefined) forwardedFor = `${before}, ${forwardedFor}`
    forwardedHost = fieldValue(received, 'x-forwarded-host') ?? forwardedHost
    const chain = fieldValue(received, 'forwarded')
    if (chain !== undefined) forwarded = `${chain}, ${forwarded}`
  }
  fields.push(
    'X-Forwarded-For',
    forwardedFor,
    'X-Forwarded-Host',
    forwardedHost,
    'X-Forwarded-Proto',
    ctx.scheme,
    'Forwarded',
    forwarded,
  )
}

/** Name and value in turn: what the client gets of an upstream's response. `chunked`: trailers can follow. */
export function replyFields(
  ctx: RequestContext,
  route: CompiledRoute,
  target: UpstreamTarget,
  received: readonly string[],
  chunked: boolean,
): string[] {
  const edits = ctx.replyEdits
  const nominated = nominatedIn(received)
  const fields: string[] = []
  let hasLength = false
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i] as string
    let value = received[i + 1] as string
    switch (fieldKind(name)) {
      case ordinary:
        // No word of trailers that cannot be sent.
        if (!chunked && is(name, 'trailer')) continue
        break
      case cookies:
        break
      case locating:
        if (is(name, 'set-cookie') && setsPortalCookie(value)) continue
        value = rewriteAddress(name, value, ctx, route, target)
        break
      case theFraming:
        // The one framing field that stays: also HEAD and 304 tell the length of what they leave out.
        if (hasLength || ctx.status === 204 || !is(name, 'content-length')) continue
        hasLength = true
        value = lengthOnce(value)
        break
      case forwarding:
        break
      case theVia:
        break
      default:
        continue
    }
    if (nominated?.has(name.toLowerCase())) continue
    if (edits?.drops(name)) continue
    fields.push(name, value)
  }
  fields.push('Via', viaEntry)
  pushOwn(ctx, route, fields)
  return fields
}

/** Adds to any reply what the gateway says itself. */
export function pushOwn(ctx: RequestContext, route: CompiledRoute | null, fields: string[]): void {
  fields.push('X-Request-Id', ctx.requestId)
  if (ctx.limits !== null) pushLimitFields(ctx.limits, fields)
  if (route !== null) for (const item of route.lifecycleFields) fields.push(item)
  if (ctx.trace !== null) fields.push('X-Gatewright-Trace', ctx.trace.toField())
  // A client that still waits for 100 may or may not send its body: only a new connection is sure to be in step.
  if (ctx.expectsContinue && !ctx.continued) fields.push('Connection', 'close')
  if (ctx.replyEdits !== null) pushAddedToReply(ctx.replyEdits, fields)
  if (route !== null && route.vary !== null) mergeVary(route.vary, fields)
}

/** One list of names, whoever says that the reply depends on them: the upstream, a policy, or the router. */
function mergeVary(vary: string, fields: string[]): void {
  let others = ''
  for (let i = fields.length - 2; i >= 0; i -= 2) {
    if (!is(fields[i] as string, 'vary')) continue
    others = `${fields[i + 1]}${others === '' ? '' : ', '}${others}`
    fields.splice(i, 2)
  }
  fields.push('Vary', others === '' ? vary : withNames(others, vary))
}

function withNames(list: string, more: string): string {
  const names = list.split(',').map((name) => name.trim())
  const known = new Set(names.map((name) => name.toLowerCase()))
  // RFC 9110 12.5.5: * says more than any name.
  if (known.has('*')) return '*'
  return [...names, ...more.split(', ').filter((name) => !known.has(name.toLowerCase()))].join(', ')
}

/** A policy may set cookies, as an upstream may, but none of the portal's. */
function pushAddedToReply(edits: HeaderEditList, fields: string[]): void {
  const { added } = edits
  for (let i = 0; i < added.length; i += 2) {
    const name = added[i] as string
    const value = added[i + 1] as string
    if (name !== 'set-cookie' || !setsPortalCookie(value)) fields.push(name, value)
  }
}

function nominatedIn(received: readonly string[]): ReadonlySet<string> | null {
  const connection = fieldValue(received, 'connection')
  return connection === undefined ? null : nominatedBy(connection)
}

// The parser let only equal values pass: "5, 5" is 5.
function lengthOnce(value: string): string {
  const comma = value.indexOf(',')
  return comma < 0 ? value : value.substring(0, comma).trim()
}

// RFC 9110 6.5.1: nothing that frames, routes, authenticates or steers caches may come after the body.
const notInTrailers = new Set([
  'authorization',
  'cache-control',
  'content-encoding',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expires',
  'max-forwards',
  'range',
  'retry-after',
  'set-cookie',
  'trailer',
  'vary',
  'www-authenticate',
])

/** Trailer fields that may be passed on: what policies drop or say themselves does not come in by this door. */
export function passedTrailers(trailers: readonly string[], edits: HeaderEditList | null): readonly string[] {
  if (trailers.length === 0) return trailers
  const passed: string[] = []
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string
    if (
      fieldKind(name) !== ordinary ||
      aliasedKind(name) !== ordinary ||
      edits?.drops(name) ||
      notInTrailers.has(name.toLowerCase())
    )
      continue
    passed.push(name, trailers[i + 1] as string)
  }
  return passed
}
