// response-filter: which members of a JSON response which callers may see; for everybody else they are taken out on the way.
import * as z from 'zod'
import { EventStreamFilter } from '../json-filter/event-stream-filter.ts'
import { type FieldRule, Place, parseFieldPath } from '../json-filter/field-paths.ts'
import { JsonFilter, NotJson } from '../json-filter/json-filter.ts'
import { essence } from '../media-type.ts'
import { claimAt, holdsScopes, textsOf } from './claims.ts'
import { type BodyFilter, definePolicy, defineSpec, type PolicyContext, refuse } from './policy.ts'

const text = z.string().trim().min(1).max(200)

const fieldPath = z
  .string()
  .min(2)
  .max(500)
  .refine((path) => parseFieldPath(path) !== null, 'Use a path such as $.items[*].ssn or $.**.ssn')

const rule = z.strictObject({
  paths: z.array(fieldPath).min(1).max(100).meta({
    title: 'Members',
    help: 'Such as $.ssn, $.items[*].ssn, or $.**.ssn for every depth',
  }),
  action: z.enum(['remove', 'mask']).default('remove').meta({
    title: 'What becomes of them',
    help: 'remove: the caller does not see that they are there. mask: their value is “[masked]”',
  }),
  roles: z.array(text).max(50).default([]).meta({ title: 'Roles that see them', help: 'In the claim below' }),
  scopes: z.array(text).max(50).default([]).meta({ title: 'Scopes that see them' }),
  groups: z
    .array(text)
    .max(50)
    .default([])
    .meta({ title: 'Groups that see them', help: 'Of the application' }),
  plans: z.array(text).max(50).default([]).meta({ title: 'Plans that see them', help: 'By their name' }),
})

export const spec = defineSpec({
  type: 'response-filter',
  stage: 'shape',
  title: 'Response filter',
  summary:
    'Removes or masks members of JSON responses, unless the caller’s role, scope, group or plan may see them.',
  scopes: ['tenant', 'version', 'plan', 'route'],
  config: z.strictObject({
    rules: z.array(rule).min(1).max(50).meta({
      title: 'Rules',
      help: 'What is named in a rule is hidden from everybody whom the rule does not name',
    }),
    rolesClaim: z.string().min(1).max(200).default('roles').meta({
      title: 'Claim with roles',
      help: 'Of the access token, such as roles or realm_access.roles',
    }),
    otherMediaTypes: z.enum(['refuse', 'pass']).default('refuse').meta({
      title: 'Responses that are not JSON',
      help: 'refuse: what cannot be looked at does not leave. pass: it leaves as it is, whatever is in it',
    }),
  }),
  example: {
    rules: [{ paths: ['$.items[*].ssn', '$.**.internalNotes'], roles: ['auditor'] }],
    rolesClaim: 'roles',
  },
})

const unreadable = refuse('response_not_filterable', {
  detail: 'Members of this response may have to be hidden, and it is not JSON that can be read.',
})

export const policy = definePolicy(spec, (config) => {
  const rules = config.rules.map((one) => ({
    ...one,
    fields: one.paths.flatMap((path): FieldRule[] => {
      const parsed = parseFieldPath(path)
      return parsed === null ? [] : [{ path: parsed, action: one.action }]
    }),
  }))
  /** The same rules hold for the same kind of caller: one tree of places for each. */
  const places = new Map<number, Place>()

  /** The rules that hide something from this caller, as bits. */
  function hiding(ctx: PolicyContext): number[] {
    const roles = ctx.claims === null ? [] : textsOf(claimAt(ctx.claims, config.rolesClaim))
    const groups = ctx.principal?.groups ?? []
    const plan = ctx.principal?.planName
    const { claims } = ctx
    return rules.flatMap((one, i) => {
      const sees =
        one.roles.some((role) => roles.includes(role)) ||
        (claims !== null && one.scopes.some((scope) => holdsScopes(claims, [scope]))) ||
        one.groups.some((group) => groups.includes(group)) ||
        (plan !== undefined && one.plans.includes(plan))
      return sees ? [] : [i]
    })
  }

  function placeFor(hidden: readonly number[]): Place {
    // At most 50 rules: 2^50 is a safe integer.
    const key = hidden.reduce((sum, i) => sum + 2 ** i, 0)
    const known = places.get(key)
    if (known) return known
    const place = Place.of(hidden.flatMap((i) => rules[i]?.fields ?? []))
    if (places.size < placesMax) places.set(key, place)
    return place
  }

  return {
    responseBody(ctx) {
      const hidden = hiding(ctx)
      if (hidden.length === 0) return null
      const filter = createFilter(ctx.responseHeader('content-type'), placeFor(hidden))
      if (filter === null) return config.otherMediaTypes === 'pass' ? null : refusingAnything
      return guarded(filter)
    },
  }
})

const placesMax = 64

interface Filter {
  push(piece: Uint8Array): Uint8Array
  end(): Uint8Array
}

const lines = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/json-lines',
  'application/stream+json',
  'application/json-seq',
])

/** By the media type; null = it is none with JSON in it, or in another encoding than UTF-8. */
function createFilter(contentType: string | undefined, place: Place): Filter | null {
  if (contentType === undefined) return null
  const type = essence(contentType)
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1]?.toLowerCase()
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')
    return null
  if (type === 'text/event-stream') return new EventStreamFilter(place)
  if (lines.has(type) || type.endsWith('+json-seq')) return new JsonFilter(place, { isSequence: true })
  if (type === 'application/json' || type === 'text/json' || type.endsWith('+json'))
    return new JsonFilter(place, { isSequence: false })
  return null
}

/** A response without a body is no secret; the first byte of any other one is refused. */
const refusingAnything: BodyFilter = {
  push: (piece) => (piece.length === 0 ? null : unreadable),
  end: () => null,
}

function guarded(filter: Filter): BodyFilter {
  function guard(step: () => Uint8Array) {
    try {
      const passed = step()
      return passed.length === 0 ? null : passed
    } catch (error) {
      // What is wrong with it may be where a member is that has to be hidden: nothing more of it leaves.
      if (error instanceof NotJson) return unreadable
      throw error
    }
  }
  return { push: (piece) => guard(() => filter.push(piece)), end: () => guard(() => filter.end()) }
}
