// Where an upstream may not be: the services that keep a machine's credentials. Gateways refuse them too, whatever name leads there.
import { createAddressSet, metadataServices } from '@gatewright/shared/cidr'
import type { UpstreamSettings } from '@gatewright/shared/model/upstream'

export const neverAsked = createAddressSet(metadataServices)

type Addressed = Pick<UpstreamSettings, 'targets' | 'discovery'>

/** Every URL that gateways connect to for an upstream: its targets, and the registry that knows more of them. */
export function addressesOf({ targets, discovery }: Addressed): { path: string; url: string }[] {
  return [
    ...targets.map(({ url }, i) => ({ path: `targets.${i}.url`, url })),
    ...(discovery && 'url' in discovery ? [{ path: 'discovery.url', url: discovery.url }] : []),
  ]
}

/** An address that no gateway connects to, as far as it is written out; a name is judged by whoever connects. Null: none. */
export function forbiddenAddress(
  settings: Addressed,
): { readonly path: string; readonly message: string } | null {
  // WHATWG URLs spell an IPv4 address one way: 0xa9fea9fe is 169.254.169.254.
  const hosts = addressesOf(settings).map(({ path, url }) => ({ path, host: new URL(url).hostname }))
  const { discovery } = settings
  if (discovery?.kind === 'dns') hosts.push({ path: 'discovery.name', host: discovery.name })
  const forbidden = hosts.find(({ host }) => neverAsked.has(host.replace(/^\[|\]$/g, '')))
  return forbidden ? { path: forbidden.path, message: `No gateway connects to ${forbidden.host}` } : null
}
