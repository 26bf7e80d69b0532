// Whose is a request that found no route? It belongs to the team below whose base path it came: their clients, their mistyped paths.
import type { RequestEvent } from '@gatewright/shared/event'
import type { ClientBase } from 'pg'

/** What a request is refused with when none of the routes below a base path takes it. */
const unrouted: ReadonlySet<string | null> = new Set(['route_not_found', 'method_not_allowed'])

interface Owner {
  readonly environmentId: string
  /** A name, `*.name`, or `*` for any. */
  readonly host: string
  readonly basePath: string
  readonly tenantId: string
  readonly apiId: string
  readonly versionId: string
  readonly deployedAt: Date
}

/** The events, each that found no route with the API version at whose place it came; what came elsewhere stays nobody's. */
export async function withOwners(
  client: ClientBase,
  events: readonly RequestEvent[],
): Promise<readonly RequestEvent[]> {
  const environmentIds = new Set(events.filter(isNobodys).map(({ environmentId }) => environmentId))
  if (environmentIds.size === 0) return events
  const owners = await readOwners(client, [...environmentIds])
  return events.map((event) => {
    const owner = isNobodys(event) ? ownerOf(event, owners) : undefined
    if (!owner) return event
    return { ...event, tenantId: owner.tenantId, apiId: owner.apiId, versionId: owner.versionId }
  })
}

const isNobodys = ({ tenantId, reason }: RequestEvent) => tenantId === null && unrouted.has(reason)

/**
 * By environment and host, then by base path: a client may name a host of a hundred labels and a path of as many slashes,
 * and only for hosts that somebody claimed are paths looked at.
 */
type Owners = ReadonlyMap<string, ReadonlyMap<string, Owner>>
const hostKey = (environmentId: string, host: string) => `${environmentId} ${host}`

async function readOwners(client: ClientBase, environmentIds: readonly string[]): Promise<Owners> {
  const { rows } = await client.query<Owner>(
    `SELECT claim.environment_id AS "environmentId", claim.host, claim.base_path AS "basePath",
       claim.tenant_id AS "tenantId", version.api_id AS "apiId", version.id AS "versionId", deployed_at AS "deployedAt"
     FROM path_claim AS claim
     JOIN deployment ON deployment.id = claim.deployment_id
     JOIN api_version AS version ON version.id = claim.version_id
     WHERE claim.environment_id = ANY($1)`,
    [environmentIds],
  )
  const byHost = Map.groupBy(rows, ({ environmentId, host }) => hostKey(environmentId, host))
  return new Map([...byHost].map(([key, owners]) => [key, new Map(owners.map((it) => [it.basePath, it]))]))
}

/** As the gateway's router prefers: an exact host, then the longest wildcard, then any; there the longest base path. */
function ownerOf({ environmentId, host, path, at }: RequestEvent, owners: Owners): Owner | undefined {
  const basePaths = basePathsOf(path)
  for (const name of hostsOf(host)) {
    const byPath = owners.get(hostKey(environmentId, name))
    for (const basePath of byPath === undefined ? [] : basePaths) {
      const owner = byPath?.get(basePath)
      // An event may be a month old: whoever came later has no right to it.
      if (owner && owner.deployedAt.getTime() <= at) return owner
    }
  }
  return undefined
}

/** `a.b.c` → `a.b.c`, `*.b.c`, `*.c`, `*`. */
function hostsOf(host: string): string[] {
  const labels = host.split('.')
  return [host, ...labels.slice(1).map((_, i) => `*.${labels.slice(i + 1).join('.')}`), '*']
}

/** Of a base path there are at most 200 characters, and of a path as many slashes as a client likes. */
const basePathMax = 200

/** `/a/b` → `/a/b`, `/a`, `/`. */
function basePathsOf(path: string): string[] {
  const paths: string[] = []
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    if (end <= basePathMax) paths.push(path.slice(0, end))
  }
  return [...paths, '/']
}
