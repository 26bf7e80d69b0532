// What gateways show to registries: tokens and trust that the operator gave for an address, and that are sent to no other.
import { readFile } from 'node:fs/promises'
import * as z from 'zod'
import { DiscoveryFailure } from './discoverer.ts'

export interface RegistryAccess {
  readonly token: string | null
  /** Certificates of the authority that vouches for the registry, PEM; null = the public ones. */
  readonly ca: string | null
}

const registry = z.strictObject({
  /** As it stands in the settings of upstreams, path and all: a token opens nothing else at that address. */
  url: z.url({ protocol: /^https?$/ }),
  tokenFile: z.string().min(1).optional(),
  caFile: z.string().min(1).optional(),
})
type Registry = z.output<typeof registry>

// Where every pod finds them (Kubernetes, "Accessing the API from a Pod").
const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'
const ownCluster: Registry = {
  url: 'https://kubernetes.default.svc',
  tokenFile: `${serviceAccount}/token`,
  caFile: `${serviceAccount}/ca.crt`,
}

/** Answers nothing to show for an address that the operator did not name. Throws `DiscoveryFailure` when a file cannot be read. */
export type RegistryAccessSource = (url: string) => Promise<RegistryAccess>

/**
 * `path`: the file that lists the registries, null = none. All files are read anew each time, since tokens of service accounts
 * change every hour and operators change theirs.
 */
export function createRegistryAccess(path: string | null): RegistryAccessSource {
  return async (url) => {
    const named = path === null ? [] : await readRegistries(path)
    const entry = named.find((it) => isSame(it.url, url))
    if (entry) return { token: await read(entry.tokenFile), ca: await read(entry.caFile) }
    if (!isSame(ownCluster.url, url)) return { token: null, ca: null }
    const inside = (file: string | undefined) => read(file).catch(() => null)
    return { token: await inside(ownCluster.tokenFile), ca: await inside(ownCluster.caFile) }
  }
}

function isSame(a: string, b: string): boolean {
  const [one, other] = [a, b].map((url) => new URL(url).href.replace(/\/+$/, ''))
  return one === other
}

async function readRegistries(path: string): Promise<Registry[]> {
  try {
    return z.array(registry).parse(JSON.parse(await readFile(path, 'utf8')))
  } catch {
    // What is wrong in it is the operator's to know, and teams read this.
    throw new DiscoveryFailure('The gateway cannot read its file REGISTRIES: ask who runs it')
  }
}

async function read(path: string | undefined): Promise<string | null> {
  if (path === undefined) return null
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    throw new DiscoveryFailure('The gateway cannot read its token for this registry: ask who runs it')
  }
}
