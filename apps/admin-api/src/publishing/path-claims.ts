// Whose place on the gateways is whose: a deployment claims its hosts and base path before it answers there.
import { isIP } from 'node:net'
import { selectorKey } from '@gatewright/shared/route-overlap'
import { Prisma } from '../generated/prisma/client.ts'
import { refuse } from '../refusal.ts'
import type { TenantTransaction } from './change.ts'
import type { FrozenVersion } from './version-document.ts'

export interface Place {
  /** A name, `*.name`, or `*` for any. */
  readonly host: string
  readonly basePath: string
}

/** A place that a team has in an environment. */
export interface HeldPlace extends Place {
  readonly environmentId: string
}

/** A place as one version of an API stands there. */
interface Claim extends Place {
  readonly selectorKey: string
}

interface ClaimInput {
  readonly tenantId: string
  readonly environment: { readonly id: string; readonly name: string }
  readonly document: FrozenVersion
  /** Whether a host of its own may stand before what other teams answer on any host: DNS names are the operator's to give. */
  readonly hostsGranted: boolean
  /** The team's places before this change, where it gives some up on the way; absent: those it has now. */
  readonly held?: readonly Place[]
}

// Any number will do, as long as nothing else of the product locks it.
const claimsLock = 7_023_041

/** Claims the places of a deployment in place of those it had; refuses any on which another API stands. */
export async function claimPaths(
  tx: TenantTransaction,
  deploymentId: string,
  input: ClaimInput,
): Promise<void> {
  const { tenantId, environment, document } = input
  // The primary key refuses equal places only; that two do not overlap can be told by one claimant at a time.
  await tx.everything.$queryRaw`SELECT pg_advisory_xact_lock(${claimsLock})::text`
  const { gatewayUrl } = await tx.platform.environment.findUniqueOrThrow({ where: { id: environment.id } })
  const held = input.held ?? (await tx.db.pathClaim.findMany({ where: { environmentId: environment.id } }))
  await tx.db.pathClaim.deleteMany({ where: { deploymentId } })
  const places = placesOf(document)
  const taken = await tx.everything.pathClaim.findMany({
    where: { environmentId: environment.id },
    include: { apiVersion: { include: { api: { select: { name: true } } } } },
  })
  for (const place of places) {
    const isHeld = held.some(({ host, basePath }) => host === place.host && basePath === place.basePath)
    const granted = isHeld || input.hostsGranted
    for (const claim of taken) {
      const isOwn = claim.tenantId === tenantId
      const collides = isOwn
        ? isSame(place, claim) && !isTold(place, claim, claim.apiVersion.apiId === document.apiId)
        : intrudes(place, claim, new URL(gatewayUrl).hostname, granted)
      if (!collides) continue
      // Another team's API is not named, nor where exactly it stands: only that the place is taken.
      const owner = isOwn ? `${claim.apiVersion.api.name} ${claim.apiVersion.name}` : 'Another team’s API'
      refuse('path_taken', `${owner} answers at ${shown(place)} in ${environment.name}`)
    }
  }
  try {
    await tx.db.pathClaim.createMany({
      data: places.map((place) => ({
        ...place,
        environmentId: environment.id,
        tenantId,
        versionId: document.id,
        deploymentId,
      })),
    })
  } catch (cause) {
    if (cause instanceof Prisma.PrismaClientKnownRequestError && cause.code === 'P2002') {
      refuse('path_taken', `Another API answers at ${document.basePath} in ${environment.name}`, { cause })
    }
    throw cause
  }
}

/**
 * Whether `wanted` could take requests from another team's `taken`: a path below or above it, on a host that both
 * answer on. `granted`: its named hosts may stand before what answers on any host.
 */
export function intrudes(wanted: Place, taken: Place, gatewayHost: string, granted: boolean): boolean {
  if (!nest(wanted.basePath, taken.basePath)) return false
  const [host, other] = [effectiveHost(wanted.host, gatewayHost), effectiveHost(taken.host, gatewayHost)]
  if (host === other) return true
  // Routers prefer a named host, so a newcomer on any host takes nothing from it; the other way round it would.
  if (host === '*') return false
  if (other === '*') return !granted
  return covers(host, other) || covers(other, host)
}

/** The name that every client of the gateways uses, and what is no name at all, stand for any host. */
function effectiveHost(host: string, gatewayHost: string): string {
  if (host === gatewayHost || covers(host, gatewayHost)) return '*'
  return isIP(host) !== 0 || !host.includes('.') ? '*' : host
}

const covers = (pattern: string, host: string) => pattern.startsWith('*.') && host.endsWith(pattern.slice(1))

function nest(a: string, b: string): boolean {
  const [outer, inner] = a.length <= b.length ? [a, b] : [b, a]
  return outer === '/' || inner === outer || inner.startsWith(`${outer}/`)
}

const isSame = (a: Place, b: Place) => a.host === b.host && a.basePath === b.basePath

/** Whether selectors tell two versions at one place apart: of one API, as its clients choose among its versions. */
const isTold = (a: Claim, b: Claim, isSameApi: boolean) => isSameApi && a.selectorKey !== b.selectorKey

function placesOf({ hosts, basePath, selector }: FrozenVersion): Claim[] {
  return (hosts.length > 0 ? hosts : ['*']).map((host) => ({
    host,
    basePath,
    selectorKey: selectorKey(selector),
  }))
}

/** Hosts and base path of a deployment, from its claims: where it answers, whatever its draft says by now. */
export function placeOf(claims: readonly Place[]): { hosts: string[]; basePath: string } {
  const hosts = claims.map(({ host }) => host).filter((host) => host !== '*')
  return { hosts, basePath: claims[0]?.basePath ?? '/' }
}

const shown = ({ host, basePath }: Place) => (host === '*' ? basePath : `${host}${basePath}`)
