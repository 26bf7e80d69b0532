// The schemas of a draft's document, put into what is frozen where a policy checks messages: nobody else's snapshot grows (ADR 78).
import {
  reachable,
  type SchemaText,
  schemaCharsMax,
  schemasOf,
} from '@gatewright/shared/validation/operation-rules'
import type { DocumentSchemas, SchemaWish } from '../catalog/openapi/operation-schemas.ts'
import { refuse } from '../refusal.ts'
import type { FrozenVersion } from './version-document.ts'

const checking: ReadonlySet<string> = new Set(['validate-request', 'validate-response'])

type Policies = FrozenVersion['policies']

const checks = (policies: Policies) => policies.some(({ type }) => checking.has(type))
const checksResponses = (policies: Policies) => policies.some(({ type }) => type === 'validate-response')

/** What of the document gateways need; null = nothing. */
export function schemaWish({ policies, routes }: FrozenVersion): SchemaWish | null {
  const chains = [policies, ...routes.map((route) => route.policies)]
  return chains.some(checks) ? { responses: chains.some(checksResponses) } : null
}

/** The document with the rules of those operations that a policy checks, and the definitions that these lead to. */
export function withSchemas(
  document: FrozenVersion,
  { operations, definitions }: DocumentSchemas,
): FrozenVersion {
  const everywhere = checks(document.policies)
  const used: SchemaText[] = []
  const routes = document.routes.map((route) => {
    const key = `${route.method} ${route.path}`
    const rules = Object.hasOwn(operations, key) ? operations[key] : undefined
    if (rules === undefined || !(everywhere || checks(route.policies))) return route
    used.push(...schemasOf(rules))
    return { ...route, operation: rules }
  })
  const found = reachable(used, (name) => (Object.hasOwn(definitions, name) ? definitions[name] : undefined))
  const chars = [...used, ...found.values()].reduce((sum, { json }) => sum + json.length, 0)
  if (chars > schemaCharsMax) {
    refuse(
      'snapshot_refused',
      `The schemas of ${document.apiName} ${document.name} have ${chars} characters; gateways keep at most ${schemaCharsMax} of a version. Validate single routes instead of all`,
    )
  }
  return found.size === 0
    ? { ...document, routes }
    : { ...document, routes, schemas: Object.fromEntries(found) }
}
