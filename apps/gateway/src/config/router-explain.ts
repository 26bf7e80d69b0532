// Every route that a request could have meant, best first, and why it lost: the answer to "why does it go there?".
import type { Candidate, RequestView } from './generation.ts'
import { type Alternative, alternativesOf } from './router-slot.ts'
import { type Endpoint, endpointsOf, type HostTable } from './router-tree.ts'
import { anybody, nobody } from './version-place.ts'

export function explainTables(
  tables: readonly HostTable[],
  path: string,
  method: string,
  view: RequestView,
): readonly Candidate[] {
  const candidates: Candidate[] = []
  let winner: Met | null = null
  for (const met of candidatesOf(tables, path, method)) {
    const { facts } = met.alternative.route
    const lost = met.meant ? whyNot(met.alternative, view) : `its method is ${facts.method}`
    const won = lost === null && winner === null
    const reason = lost ?? (winner === null ? whyWon(met.alternative) : whyLater(met, winner))
    if (won) winner = met
    candidates.push({
      routeId: facts.id,
      apiName: facts.apiName,
      versionName: facts.versionName,
      host: met.host,
      method: facts.method,
      template: facts.template,
      won,
      reason,
    })
  }
  return candidates
}

interface Met {
  readonly host: string
  readonly endpoint: Endpoint
  readonly alternative: Alternative
  /** It has the method that is asked for. */
  readonly meant: boolean
}

function* candidatesOf(tables: readonly HostTable[], path: string, method: string): Generator<Met> {
  for (const table of tables) {
    for (const endpoint of endpointsOf(table, path)) {
      const meant = endpoint.methods.get(method)
      // A slot stands under each of its methods (GET and HEAD); its routes are told once, first as what was asked for.
      const told = new Set<string>()
      for (const slot of new Set(meant ? [meant, ...endpoint.methods.values()] : endpoint.methods.values())) {
        for (const alternative of alternativesOf(slot)) {
          const { id } = alternative.route.facts
          if (told.has(id)) continue
          told.add(id)
          yield { host: table.host, endpoint, alternative, meant: slot === meant }
        }
      }
    }
  }
}

/** null when the route would answer, were no other one before it. */
function whyNot({ place, member, conditions }: Alternative, view: RequestView): string | null {
  const chosen = place?.choose(view) ?? null
  if (chosen === nobody)
    return `the request names no version that is offered; versions go by ${place?.offered}`
  if (chosen !== null && chosen !== anybody && chosen !== member) {
    return `the request names ${chosen.label}${chosen === place?.default ? ', or no version' : ''}`
  }
  const unmet = conditions.filter((condition) => !condition.holds(view)).map(({ text }) => text)
  return unmet.length === 0 ? null : `it wants more than the request says: ${unmet.join(', ')}`
}

function whyWon({ conditions, member }: Alternative): string {
  const version = member === null ? '' : `, of the version ${member.label}`
  const held = conditions.length === 0 ? '' : `, and ${conditions.map(({ text }) => text).join(', ')}`
  return `the best match of host and path that has the method${version}${held}`
}

function whyLater({ endpoint, alternative }: Met, winner: Met): string {
  if (endpoint !== winner.endpoint) {
    return `${winner.alternative.route.facts.template} matches the host or the path more exactly`
  }
  const [more, fewer] = [winner.alternative.conditions.length, alternative.conditions.length]
  return more > fewer
    ? `a route with more conditions is tried before it (${more} to ${fewer})`
    : `a route with as many conditions (${more}) and narrower ones is tried before it`
}
