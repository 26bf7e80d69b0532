// A request in the words that Cedar policies use: who (principal), what (action), on what (resource), and around it (context).
import type { CedarEntity, CedarRequest, CedarUid, CedarValue } from './cedar-port.ts'

/** Everything that rules can speak of. */
export interface CedarFacts {
  /** null = nobody knows who is calling. `application`: its name. */
  readonly caller: {
    readonly applicationId: string
    readonly application: string
    readonly tenantId: string
    readonly plan: string
    readonly groups: readonly string[]
    readonly claims: Readonly<Record<string, unknown>>
  } | null
  /** Who signed in; they are who calls where no application does. */
  readonly person: {
    readonly issuer: string
    readonly subject: string
    readonly claims: Readonly<Record<string, unknown>>
  } | null
  readonly method: string
  readonly operationId: string | null
  readonly route: {
    /** Path template. */
    readonly path: string
    readonly api: string
    readonly version: string
    readonly tenantId: string
    readonly parameters: Readonly<Record<string, string>>
    /** What the attachment says of it; dots in names make records. */
    readonly attributes: readonly { readonly name: string; readonly value: string }[]
  }
  readonly address: string
  readonly path: string
  readonly host: string
  readonly scheme: string
  readonly tryIt: boolean
  readonly headers: Readonly<Record<string, string>>
  /** In the time zone of the tenant. */
  readonly time: {
    readonly hour: number
    readonly minute: number
    /** 1 = Monday (ISO 8601). */
    readonly weekday: number
    readonly date: string
  }
}

const groupOf = (id: string): CedarUid => ({ type: 'Group', id })
const anonymous: CedarUid = { type: 'Anonymous', id: 'anonymous' }

/** A claim that holds more values than this is left out: rules that speak of it then cannot be evaluated, and refuse. */
const elementsMax = 500
const depthMax = 8
/** So is a text of more characters: how long rules take to search one is bounded by it. */
const textMax = 10_000

export function toCedarRequest(facts: CedarFacts): CedarRequest {
  const { caller, person, route, method, operationId } = facts
  const principal = principalOf(facts)
  // HEAD reads what GET reads (RFC 9110 9.3.2): a rule about the one must not be got round by the other.
  const verb = method === 'HEAD' ? 'GET' : method
  const action: CedarUid = { type: 'Action', id: operationId ?? `${verb} ${route.path}` }
  const resource: CedarUid = { type: 'Route', id: `${verb} ${route.path}` }
  const verbs = [...new Set([verb, method])].filter((it) => it !== action.id)
  const entities: CedarEntity[] = [
    { uid: action, attrs: {}, parents: verbs.map((id) => ({ type: 'Action', id })) },
    {
      uid: resource,
      attrs: {
        ...nested(route.attributes),
        // What the gateway knows wins over what somebody wrote.
        path: route.path,
        api: route.api,
        version: route.version,
        tenant: route.tenantId,
        parameters: route.parameters,
      },
      parents: [{ type: 'Api', id: route.api }],
    },
  ]
  if (caller === null && person !== null) {
    const { issuer, subject, claims } = person
    const attrs = { issuer, subject, claims: (toValue(claims, 0) ?? {}) as CedarValue }
    entities.push({ uid: principal, attrs, parents: [] })
  }
  if (caller !== null) {
    entities.push({
      uid: principal,
      attrs: {
        id: caller.applicationId,
        tenant: caller.tenantId,
        plan: caller.plan,
        groups: caller.groups,
        claims: (toValue(caller.claims, 0) ?? {}) as CedarValue,
      },
      parents: caller.groups.map(groupOf),
    })
  }
  return {
    principal,
    action,
    resource,
    context: {
      ...addressOf(facts.address),
      method,
      path: facts.path,
      host: facts.host,
      scheme: facts.scheme,
      tryIt: facts.tryIt,
      headers: facts.headers,
      time: facts.time,
    },
    entities,
  }
}

/** Two issuers may have the same subject, who is not the same person. */
function principalOf({ caller, person }: CedarFacts): CedarUid {
  if (caller !== null) return { type: 'Application', id: caller.application }
  return person === null ? anonymous : { type: 'Person', id: `${person.issuer}#${person.subject}` }
}

/** Left out when it is none that Cedar can read, so that rules about addresses cannot be evaluated rather than be wrong. */
function addressOf(address: string): Record<string, CedarValue> {
  return /^[0-9a-f.:]+$/i.test(address) ? { address: { __extn: { fn: 'ip', arg: address } } } : {}
}

/** `owner.dept` = `books` becomes `{ owner: { dept: "books" } }`. */
function nested(attributes: CedarFacts['route']['attributes']): Record<string, CedarValue> {
  const root: Record<string, CedarValue> = {}
  for (const { name, value } of attributes) {
    const path = name.split('.')
    const last = path.pop() ?? name
    let at: Record<string, CedarValue> = root
    for (const step of path) {
      const next = Object.hasOwn(at, step) ? at[step] : undefined
      const record: Record<string, CedarValue> = isRecord(next) ? next : {}
      at[step] = record
      at = record
    }
    at[last] = value
  }
  return root
}

/**
 * A claim as Cedar has values: texts, whole numbers, booleans, sets and records. Undefined for what it has not (null, fractions), and
 * for members that mean something else in Cedar's own JSON: a token must not make entities or addresses.
 */
function toValue(value: unknown, depth: number): CedarValue | undefined {
  switch (typeof value) {
    case 'string':
      return value.length <= textMax ? value : undefined
    case 'boolean':
      return value
    case 'number':
      return Number.isSafeInteger(value) ? value : undefined
    case 'object':
      break
    default:
      return undefined
  }
  if (value === null || depth === depthMax) return undefined
  if (Array.isArray(value)) {
    if (value.length > elementsMax) return undefined
    return value.map((one) => toValue(one, depth + 1)).filter((one) => one !== undefined)
  }
  const record: Record<string, CedarValue> = {}
  const entries = Object.entries(value)
  if (entries.length > elementsMax) return undefined
  for (const [name, one] of entries) {
    const member = name.startsWith('__') ? undefined : toValue(one, depth + 1)
    if (member !== undefined) record[name] = member
  }
  return record
}

function isRecord(value: CedarValue | undefined): value is Record<string, CedarValue> {
  return typeof value === 'object' && !Array.isArray(value)
}
