// A snapshot in pieces small enough that a worker can compile one between two requests.
import { createHash } from 'node:crypto'
import {
  type RouteDocument,
  type Snapshot,
  type SnapshotEnvelope,
  snapshotEnvelope,
  snapshotSchema,
  type VersionDocument,
} from '@gatewright/shared/snapshot'
import type { SchemaText } from '@gatewright/shared/validation/operation-rules'
import type * as z from 'zod'

/**
 * Why a snapshot is not taken. The message is for the people who publish: it names tenant, API, route, policy. The admin API
 * shows a team only what begins with `tenant <name>` of its own or with `all tenants`.
 */
export class SnapshotRefused extends Error {
  /** What was missing may come: it is worth trying again. */
  readonly isPassing: boolean

  constructor(
    message: string,
    { isPassing = false, ...options }: ErrorOptions & { isPassing?: boolean } = {},
  ) {
    super(message, options)
    this.isPassing = isPassing
  }
}

export type SnapshotHead = Omit<Snapshot, 'versions'>
export type VersionHead = Omit<VersionDocument, 'routes' | 'schemas'>

/** What tells a version from others of its API. */
export type NamedVersion = Pick<
  VersionHead,
  'id' | 'tenantId' | 'apiId' | 'apiName' | 'name' | 'hosts' | 'basePath' | 'groups' | 'selector'
>

/** `named`: all versions of the APIs of which requests name a version. */
export interface HeadPart {
  readonly kind: 'head'
  readonly head: SnapshotHead
  readonly named: readonly NamedVersion[]
}

/** First one head, then for each version its own head, the definitions of its schemas, and its routes. */
export type SnapshotPart =
  | HeadPart
  | { readonly kind: 'version'; readonly version: VersionHead }
  | { readonly kind: 'schemas'; readonly schemas: Readonly<Record<string, SchemaText>> }
  | { readonly kind: 'routes'; readonly routes: readonly RouteDocument[] }

/** What is being compiled: which revision, and its parts as they are parsed. */
export interface SnapshotParcel {
  readonly revision: number
  readonly hash: string
  /** The UTF-8 JSON of all parts in one buffer that every worker thread reads without a copy. */
  readonly bytes: SharedArrayBuffer
  /** Where part i starts; one more entry than parts. */
  readonly offsets: Uint32Array
}

// Compiled in about a millisecond when each has a policy of its own.
const routesPerPart = 25
/** Text that is read in about a millisecond. */
const schemaCharsPerPart = 200_000

export function* partsOf(snapshot: Snapshot): Generator<SnapshotPart> {
  const { versions, ...head } = snapshot
  yield { kind: 'head', head, named: namedVersions(versions) }
  for (const { routes, schemas, ...version } of versions) {
    yield { kind: 'version', version }
    yield* schemaParts(schemas ?? {})
    for (let i = 0; i < routes.length; i += routesPerPart) {
      yield { kind: 'routes', routes: routes.slice(i, i + routesPerPart) }
    }
  }
}

function* schemaParts(schemas: Readonly<Record<string, SchemaText>>): Generator<SnapshotPart> {
  let part: Record<string, SchemaText> = {}
  let chars = 0
  for (const [name, schema] of Object.entries(schemas)) {
    part[name] = schema
    chars += schema.json.length
    if (chars < schemaCharsPerPart) continue
    yield { kind: 'schemas', schemas: part }
    part = {}
    chars = 0
  }
  if (chars > 0) yield { kind: 'schemas', schemas: part }
}

function namedVersions(versions: readonly VersionDocument[]): NamedVersion[] {
  const apis = new Set(versions.filter(({ selector }) => selector !== null).map(({ apiId }) => apiId))
  return versions
    .filter(({ apiId }) => apis.has(apiId))
    .map(({ id, tenantId, apiId, apiName, name, hosts, basePath, groups, selector }) => {
      return { id, tenantId, apiId, apiName, name, hosts, basePath, groups, selector }
    })
}

export function packSnapshot(snapshot: Snapshot, revision: number, hash: string): SnapshotParcel {
  const texts = Array.from(partsOf(snapshot), (part) => Buffer.from(JSON.stringify(part)))
  const offsets = new Uint32Array(texts.length + 1)
  texts.forEach((text, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + text.length
  })
  const bytes = new SharedArrayBuffer(offsets.at(-1) ?? 0)
  const view = Buffer.from(bytes)
  texts.forEach((text, i) => {
    text.copy(view, offsets[i])
  })
  return { revision, hash, bytes, offsets }
}

/** The parts of a parcel, each parsed when it is asked for. They were checked against the schema when it was packed. */
export function* unpackSnapshot({ bytes, offsets }: SnapshotParcel): Generator<SnapshotPart> {
  const view = Buffer.from(bytes)
  for (let i = 0; i + 1 < offsets.length; i++) {
    yield JSON.parse(view.toString('utf8', offsets[i], offsets[i + 1])) as SnapshotPart
  }
}

/** Throws `SnapshotRefused` unless the text is an envelope. */
export function parseEnvelope(text: string): SnapshotEnvelope {
  const envelope = snapshotEnvelope.safeParse(parseJson(text, 'The envelope'))
  if (!envelope.success) throw new SnapshotRefused(`The envelope is not valid: ${firstIssue(envelope.error)}`)
  return envelope.data
}

/** The document of an envelope: proved by its hash first, then read. Throws `SnapshotRefused`. */
export function openEnvelope({ hash, document }: SnapshotEnvelope, environmentName: string): Snapshot {
  const actual = createHash('sha256').update(document).digest('hex')
  if (actual !== hash) {
    throw new SnapshotRefused(`The document does not have its announced hash: ${actual} instead of ${hash}`)
  }
  const json = parseJson(document, 'The document')
  const snapshot = snapshotSchema.safeParse(json)
  if (!snapshot.success) {
    const issue = snapshot.error.issues[0]
    const place = issue ? placeOf(json, issue.path) : ''
    throw new SnapshotRefused(`${place}${firstIssue(snapshot.error)}`)
  }
  const { name } = snapshot.data.environment
  if (name !== environmentName) {
    throw new SnapshotRefused(
      `The snapshot is for the environment ${name}, this gateway serves ${environmentName}`,
    )
  }
  return snapshot.data
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SnapshotRefused(`${what} is not JSON: ${(error as Error).message}`)
  }
}

function firstIssue(error: z.ZodError): string {
  const [issue, ...more] = error.issues
  const rest = more.length > 0 ? ` (and ${more.length} more)` : ''
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}${rest}`
}

/** `versions.3.routes.7` means nothing to a person: the names on the way do. */
function placeOf(json: unknown, path: readonly PropertyKey[]): string {
  const names: string[] = []
  let value = json
  for (const key of path) {
    if (value === null || typeof value !== 'object') break
    value = (value as Record<PropertyKey, unknown>)[key]
    if (typeof key !== 'number' || value === null || typeof value !== 'object') continue
    const { apiName, name, method, path: template } = value as Record<string, unknown>
    const label = method ? `${method} ${template}` : apiName ? `${apiName} ${name}` : name
    if (typeof label === 'string') names.push(label)
  }
  return names.length > 0 ? `${names.join(', ')}: ` : ''
}
