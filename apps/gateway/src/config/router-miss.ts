// No route answers, though paths of APIs match: what is missing, told as 405, 406, 415 or 404. Off the hot path.
import { type Refusal, refuse } from '@gatewright/shared/policies/policy'
import type { CompiledRoute, Miss, RequestView } from './generation.ts'
import { type Alternative, alternativesOf } from './router-slot.ts'
import { endpointsOf, type HostTable } from './router-tree.ts'
import { anybody, nobody, type VersionPlace } from './version-place.ts'

/**
 * null when no path matches, or none of the version that the request names: 404. A route that has the method and only lacks
 * conditions tells more than one of another method, and any route of the right version more than the wrong version does.
 */
export function missIn(
  tables: readonly HostTable[],
  path: string,
  method: string,
  view: RequestView,
): Miss | null {
  const allowed = new Set<string>()
  const failed: Alternative[] = []
  let first: CompiledRoute | undefined
  let unnamed: VersionPlace | undefined
  let anyRoute: CompiledRoute | undefined
  let secretTemplate: string | null = null
  for (const table of tables) {
    for (const { methods } of endpointsOf(table, path)) {
      for (const [name, slot] of methods) {
        for (const alternative of alternativesOf(slot)) {
          const { route, place, member } = alternative
          anyRoute ??= route
          if (route.hasSecretInPath) secretTemplate ??= route.facts.template
          const chosen = place?.choose(view) ?? null
          if (chosen === nobody) unnamed ??= place ?? undefined
          else if (chosen === null || chosen === anybody || chosen === member) {
            first ??= route
            allowed.add(name)
            if (name === method) failed.push(alternative)
          }
        }
      }
    }
  }
  if (first) {
    // OPTIONS answers everywhere: it is how one asks for this very field (RFC 9110 9.3.7).
    const allow = [...allowed.add('OPTIONS')].sort().join(', ')
    const refusal =
      failed.length > 0
        ? unmet(failed, view)
        : refuse('method_not_allowed', { headers: ['Allow', allow, ...varying(first.vary)] })
    return { kind: 'miss', refusal, allow, facts: factsOf(failed[0]?.route ?? first), secretTemplate }
  }
  if (unnamed && anyRoute) {
    return {
      kind: 'miss',
      refusal: notOffered(unnamed),
      allow: null,
      facts: factsOf(anyRoute),
      secretTemplate,
    }
  }
  return null
}

function unmet(failed: readonly Alternative[], view: RequestView): Refusal {
  const onlyBody = failed.filter(({ conditions }) =>
    conditions.every(({ ofBody, holds }) => ofBody || holds(view)),
  )
  const types = new Set(onlyBody.flatMap(({ when }) => when?.contentTypes ?? []))
  if (types.size === 0) {
    return refuse('route_not_found', {
      detail: 'Routes at this path ask for header fields or query parameters that the request does not have.',
      headers: varying(failed.find(({ route }) => route.vary !== null)?.route.vary ?? null),
    })
  }
  const accepted = [...types].join(', ')
  return refuse('media_type_not_supported', {
    detail: `Accepted media types: ${accepted}.`,
    // RFC 9110 15.5.16: Accept in a 415 says what would have been right.
    headers: ['Accept', accepted, ...varying(onlyBody[0]?.route.vary ?? null)],
  })
}

function notOffered(place: VersionPlace): Refusal {
  return refuse('version_not_offered', {
    detail: `Versions go by ${place.offered}`,
    headers: varying(place.varying.join(', ') || null),
  })
}

const varying = (vary: string | null): readonly string[] => (vary === null ? [] : ['Vary', vary])

function factsOf({ facts: { tenantId, apiId, versionId } }: CompiledRoute): Miss['facts'] {
  return { tenantId, apiId, versionId }
}
