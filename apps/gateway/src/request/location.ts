// Turns addresses inside an upstream's response into addresses of the gateway, so that no client learns of an upstream.
import type { CompiledRoute } from '../config/generation.ts'
import type { UpstreamTarget } from '../upstream/call.ts'
import type { RequestContext } from './context.ts'
import { is } from './fields.ts'

/** Value of `Location`, `Content-Location`, `Link`, `Refresh` or `Set-Cookie` as the client may see it. */
export function rewriteAddress(
  name: string,
  value: string,
  ctx: RequestContext,
  route: CompiledRoute,
  target: UpstreamTarget,
): string {
  if (is(name, 'set-cookie')) return withoutForeignDomain(value, target.authority)
  if (is(name, 'location') || is(name, 'content-location')) return clientAddressOf(value, ctx, route, target)
  if (is(name, 'link')) {
    return value.replace(
      // No `<` inside: a value of nothing but them would be searched to its end from each one.
      /<([^<>]*)>/g,
      (_, address: string) => `<${clientAddressOf(address, ctx, route, target)}>`,
    )
  }
  return value.replace(/(url=\s*["']?)([^"']+)/i, (_, start: string, address: string) => {
    return start + clientAddressOf(address, ctx, route, target)
  })
}

/** The gateway's own address for an address of the upstream; any other address as it is. */
function clientAddressOf(
  address: string,
  ctx: RequestContext,
  route: CompiledRoute,
  target: UpstreamTarget,
): string {
  const absolute = /^(?:https?:)?\/\/([^/?#]*)(.*)$/is.exec(address)
  if (absolute === null) {
    // A relative reference that starts at the root of the upstream starts at the API's base path for the client.
    return address.startsWith('/') ? clientPathOf(address, ctx, route, target) : address
  }
  if (!sameHost(absolute[1] as string, target.authority)) return address
  const path = clientPathOf((absolute[2] as string) || '/', ctx, route, target)
  return ctx.authority === '' ? path : `${ctx.scheme}://${ctx.authority}${path}`
}

function clientPathOf(
  path: string,
  ctx: RequestContext,
  route: CompiledRoute,
  target: UpstreamTarget,
): string {
  const { pathPrefix } = target
  const basePath = ctx.path.substring(0, route.basePathLength)
  if (pathPrefix === '') return path.startsWith('/') ? basePath + path : `${basePath}/${path}`
  if (!path.startsWith(pathPrefix)) return path
  const rest = path.substring(pathPrefix.length)
  return rest === '' || /^[/?#]/.test(rest) ? basePath + rest : path
}

/** An upstream redirects to its own name on other ports and schemes too, and none of them is the client's to know. */
function sameHost(authority: string, upstreamAuthority: string): boolean {
  const host = withoutPort(authority.substring(authority.lastIndexOf('@') + 1)).toLowerCase()
  return host === withoutPort(upstreamAuthority).toLowerCase()
}

function withoutPort(authority: string): string {
  return authority.replace(/:\d*$/, '')
}

/** A cookie for the upstream's own domain would be refused by the client and tell the domain: it becomes host-only. */
function withoutForeignDomain(cookie: string, upstreamAuthority: string): string {
  if (!/;\s*domain=/i.test(cookie)) return cookie
  const host = withoutPort(upstreamAuthority).toLowerCase()
  return cookie.replace(/;\s*domain=\.?([^;]*)/i, (attribute, domain: string) => {
    const name = domain.trim().toLowerCase()
    return host === name || host.endsWith(`.${name}`) ? '' : attribute
  })
}
