// By what a caller keeps the place on the wheel that he was given, and with it his release.
import { callerNetwork } from '@gatewright/shared/cidr'
import { readCookie, withoutCookie } from '@gatewright/shared/cookies'
import type { stickiness } from '@gatewright/shared/model/traffic'
import type * as z from 'zod'
import type { RequestContext } from '../request/context.ts'
import { placeOf, type Wheel } from './wheel.ts'

export type Stickiness = z.output<typeof stickiness>

/** The place of a request; may ask for a cookie to be set. Chosen once, at compile. */
export type Placer = (ctx: RequestContext) => number

/** `versionId` tells APIs apart, `basePath` is where a cookie is sent back to. */
export function createPlacer(
  stickiness: Stickiness,
  wheel: Wheel,
  { versionId, basePath }: { readonly versionId: string; readonly basePath: string },
): Placer {
  const draw = () => wheel.draw()
  switch (stickiness.by) {
    case 'none':
      return draw
    case 'address':
      return (ctx) => placeOf(versionId, callerNetwork(ctx.clientAddress))
    case 'application':
      return (ctx) => placeOf(versionId, ctx.principal?.applicationId ?? callerNetwork(ctx.clientAddress))
    case 'header': {
      const { name } = stickiness
      return (ctx) => {
        const value = ctx.header(name)
        // Callers that say nothing of themselves are not one caller.
        return value === undefined ? draw() : placeOf(versionId, value)
      }
    }
    case 'cookie':
      return createCookiePlacer(stickiness.name, wheel, basePath || '/')
  }
}

/**
 * The cookie holds the place itself: it says nothing about its owner, and a caller who makes one up has chosen a release, which
 * opens him nothing.
 */
function createCookiePlacer(name: string, wheel: Wheel, path: string): Placer {
  const attributes = `Path=${path}; HttpOnly; SameSite=Lax`
  return (ctx) => {
    const kept = parsePlace(readCookie(ctx.header('cookie') ?? '', name))
    hideCookie(ctx, name)
    if (kept !== null) return kept
    const place = wheel.draw()
    const secure = ctx.scheme === 'https' ? '; Secure' : ''
    ctx.replyHeaders.append('set-cookie', `${name}=${place}; ${attributes}${secure}`)
    return place
  }
}

function parsePlace(text = ''): number | null {
  if (!/^\d{1,3}$/.test(text)) return null
  return Number(text)
}

/** The upstream has no use for it: neither for what the client sent, nor for what policies made of that. */
function hideCookie(ctx: RequestContext, name: string): void {
  const edits = ctx.upstreamEdits
  const values = edits?.valuesOf('cookie') ?? []
  const sent = edits?.drops('cookie') ? undefined : ctx.header('cookie')
  if (sent !== undefined) values.unshift(sent)
  const rest = values.map((value) => withoutCookie(value, name))
  if (rest.every((value, i) => value === values[i])) return
  ctx.upstreamHeaders.remove('cookie')
  for (const value of rest) if (value !== '') ctx.upstreamHeaders.append('cookie', value)
}
