// Events → which routes are called, and what is called that no route answers: counted with the rows, in their transaction (ADR 91).
import type { RequestEvent } from '@gatewright/shared/event'
import type { ClientBase } from 'pg'
import { createShapes } from './path-shape.ts'

/** Shapes of a deployment that are told apart; all further ones are counted as one. */
export const shapesMax = 200
/** All that found no room: method and template. */
export const others = '*'

/** Any constant, the same in all processes that make room for shapes. */
const shapesLock = 4_749_011

const methods: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'TRACE'],
])

/** What a request is refused with when none of the routes of a version takes it. */
const unrouted: ReadonlySet<string | null> = new Set(['route_not_found', 'method_not_allowed'])

interface Use {
  readonly environmentId: string
  readonly versionId: string
  calls: number
  firstAt: number
  lastAt: number
}

/** Whoever may not call is no use of a route: scanners would keep every route alive. */
const isUse = ({ reason, status }: RequestEvent) => reason === null || (status !== 401 && status !== 403)

/** Counts events that were stored just now. */
export async function addRouteUses(client: ClientBase, events: readonly RequestEvent[]): Promise<void> {
  const uses = new Map<string, Use & { readonly routeId: string }>()
  for (const event of events) {
    const { environmentId, versionId, routeId } = event
    if (versionId === null || routeId === null || !isUse(event)) continue
    const key = `${environmentId} ${routeId}`
    count(uses, key, event, () => ({ environmentId, versionId, routeId, ...none(event) }))
  }
  if (uses.size === 0) return
  const rows = [...uses.values()]
  await client.query(
    // Locked in one order, so that two intakes never wait for each other in a circle.
    `WITH used AS (
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[])
         AS used (environment_id, version_id, route_id, calls, first_at, last_at)
     ), listed AS (
       SELECT used.* FROM route_use JOIN used USING (environment_id, version_id, route_id)
       ORDER BY environment_id, version_id, route_id FOR UPDATE OF route_use
     )
     UPDATE route_use SET calls = route_use.calls + listed.calls,
       first_at = least(route_use.first_at, listed.first_at), last_at = greatest(route_use.last_at, listed.last_at)
     FROM listed WHERE route_use.environment_id = listed.environment_id
       AND route_use.version_id = listed.version_id AND route_use.route_id = listed.route_id`,
    [
      rows.map(({ environmentId }) => environmentId),
      rows.map(({ versionId }) => versionId),
      rows.map(({ routeId }) => routeId),
      ...countsOf(rows),
    ],
  )
}

type Undocumented = Use & { readonly method: string; readonly template: string }

/** Counts calls of stored events that a version has no route for. */
export async function addUndocumentedCalls(
  client: ClientBase,
  events: readonly RequestEvent[],
): Promise<void> {
  const missed = events.filter(
    ({ routeId, versionId, reason }) => routeId === null && versionId !== null && unrouted.has(reason),
  )
  if (missed.length === 0) return
  const places: Undocumented[][] = []
  for (const own of Map.groupBy(
    missed,
    ({ environmentId, versionId }) => `${environmentId} ${versionId}`,
  ).values()) {
    places.push(await shapedCalls(client, own))
  }
  // Written when all locks are taken, and in one order: two intakes never wait for each other in a circle.
  for (const calls of places.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)))
    await addCalls(client, calls)
}

const nameOf = ([call]: readonly Undocumented[]) => `${call?.environmentId} ${call?.versionId}`

/** Calls of one deployment by their shapes, as far as there is room for them. */
async function shapedCalls(client: ClientBase, events: readonly RequestEvent[]): Promise<Undocumented[]> {
  const { environmentId = '', versionId } = events[0] ?? {}
  if (!versionId) return []
  const { rows } = await client.query<{ template: string }>(
    'SELECT DISTINCT template FROM route_use WHERE environment_id = $1 AND version_id = $2',
    [environmentId, versionId],
  )
  // Not deployed any more: nobody is left to tell.
  if (rows.length === 0) return []
  const shapeOf = createShapes(rows.map(({ template }) => template))
  const calls = new Map<string, Undocumented>()
  for (const event of events) {
    const method = methods.has(event.method) ? event.method : others
    const template = shapeOf(event.path)
    const make = () => ({ environmentId, versionId, method, template, ...none(event) })
    count(calls, `${method} ${template}`, event, make)
  }
  return withRoom(client, environmentId, versionId, calls)
}

/** What is known already, and of what is new as much as there is room for; the rest as one. */
async function withRoom(
  client: ClientBase,
  environmentId: string,
  versionId: string,
  calls: ReadonlyMap<string, Undocumented>,
): Promise<Undocumented[]> {
  const known = await knownShapes(client, environmentId, versionId)
  if ([...calls.keys()].every((key) => known.has(key))) return [...calls.values()]
  // Until the transaction ends nobody else adds any, and what others added meanwhile is looked at again.
  await client.query('SELECT pg_advisory_xact_lock($1)', [shapesLock])
  const kept = await knownShapes(client, environmentId, versionId)
  const byKey = new Map<string, Undocumented>()
  for (const [key, call] of calls) {
    const hasRoom = kept.has(key) || kept.size < shapesMax
    if (hasRoom) {
      kept.add(key)
      byKey.set(key, call)
    } else {
      const rest = byKey.get(others)
      if (rest === undefined) byKey.set(others, { ...call, method: others, template: others })
      else add(rest, call)
    }
  }
  return [...byKey.values()]
}

async function knownShapes(
  client: ClientBase,
  environmentId: string,
  versionId: string,
): Promise<Set<string>> {
  const { rows } = await client.query<{ method: string; template: string }>(
    'SELECT method, template FROM undocumented_call WHERE environment_id = $1 AND version_id = $2 AND template <> $3',
    [environmentId, versionId, others],
  )
  return new Set(rows.map(({ method, template }) => `${method} ${template}`))
}

async function addCalls(client: ClientBase, calls: readonly Undocumented[]): Promise<void> {
  const [first] = calls
  if (first === undefined) return
  const { environmentId, versionId } = first
  await client.query(
    `INSERT INTO undocumented_call AS known (environment_id, version_id, tenant_id, method, template, calls, first_at, last_at)
     SELECT environment_id, version_id, tenant_id, made.* FROM deployment,
       unnest($3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
         AS made (method, template, calls, first_at, last_at)
     WHERE environment_id = $1 AND version_id = $2 ORDER BY method, template
     ON CONFLICT (environment_id, version_id, method, template) DO UPDATE SET calls = known.calls + excluded.calls,
       first_at = least(known.first_at, excluded.first_at), last_at = greatest(known.last_at, excluded.last_at)`,
    [
      environmentId,
      versionId,
      calls.map(({ method }) => method),
      calls.map(({ template }) => template),
      ...countsOf(calls),
    ],
  )
}

const none = ({ at }: RequestEvent) => ({ calls: 0, firstAt: at, lastAt: at })

function count<Counted extends Use>(
  counts: Map<string, Counted>,
  key: string,
  { at }: RequestEvent,
  make: () => Counted,
): void {
  const counted = counts.get(key) ?? make()
  counts.set(key, counted)
  add(counted, { calls: 1, firstAt: at, lastAt: at })
}

function add(to: Use, more: Pick<Use, 'calls' | 'firstAt' | 'lastAt'>): void {
  to.calls += more.calls
  to.firstAt = Math.min(to.firstAt, more.firstAt)
  to.lastAt = Math.max(to.lastAt, more.lastAt)
}

const countsOf = (uses: readonly Use[]) => [
  uses.map(({ calls }) => calls),
  uses.map(({ firstAt }) => new Date(firstAt).toISOString()),
  uses.map(({ lastAt }) => new Date(lastAt).toISOString()),
]
