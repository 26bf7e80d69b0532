// A request and a world for tests of policies: plain values behind the same ports that a gateway fills.
import { createHash } from 'node:crypto'
import { createCedarEngine } from '../cedar/engine.ts'
import type { ErrorCode } from '../errors.ts'
import type { ExportedCall } from '../event.ts'
import type { AuthorizerReply } from '../policies/authorizer-ports.ts'
import type { CertificateVerdict } from '../policies/certificate-ports.ts'
import type { FirewallVerdict } from '../policies/firewall-ports.ts'
import type { Login } from '../policies/login-ports.ts'
import type { Place } from '../policies/place-port.ts'
import type {
  HeaderEdits,
  Held,
  LimitReport,
  LimitRule,
  LookupResult,
  Person,
  PolicyContext,
  PolicyDeps,
  Principal,
  RouteFacts,
  Taken,
} from '../policies/policy.ts'
import type { IntrospectionAnswer, SignatureVerdict, TokenMemory } from '../policies/token-ports.ts'
import type { SecurityReport } from '../security.ts'

export const route: RouteFacts = {
  id: 'rte_1',
  method: 'GET',
  template: '/books/{id}',
  basePath: '',
  operationId: null,
  tenantId: 'ten_1',
  apiId: 'api_1',
  apiName: 'books',
  versionId: 'ver_1',
  versionName: 'v1',
  public: false,
  mocks: [],
  operation: null,
}

export interface RecordedEdits extends HeaderEdits {
  /** `set name: value`, `append name: value`, `remove name`. */
  readonly log: string[]
}

function createEdits(): RecordedEdits {
  const log: string[] = []
  return {
    log,
    set: (name, value) => log.push(`set ${name}: ${value}`),
    setAll(fields) {
      for (let i = 0; i < fields.length; i += 2) log.push(`set ${fields[i]}: ${fields[i + 1]}`)
    },
    append: (name, value) => log.push(`append ${name}: ${value}`),
    remove: (name) => log.push(`remove ${name}`),
    removePrefix: (prefix) => log.push(`remove ${prefix}*`),
  }
}

interface ContextInput {
  /** Unix milliseconds. */
  readonly receivedAtMs?: number
  readonly method?: string
  readonly header?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly rawQuery?: string
  readonly scheme?: 'http' | 'https'
  readonly host?: string
  readonly clientCertificate?: PolicyContext['clientCertificate']
  /** Percent-encoded; default: what the template of the route has in `/books/7`. */
  readonly pathParameters?: Readonly<Record<string, string>>
  readonly bodyLength?: number | null
  readonly clientAddress?: string
  readonly principal?: Principal | null
  readonly person?: Person | null
  readonly status?: number
  readonly reason?: ErrorCode | null
  readonly responseHeader?: Readonly<Record<string, string>>
  readonly claims?: Readonly<Record<string, unknown>> | null
  readonly route?: Partial<RouteFacts>
}

export interface TestContext extends PolicyContext {
  readonly upstreamHeaders: RecordedEdits
  readonly replyHeaders: RecordedEdits
  readonly limits: LimitReport[]
  readonly dropped: string[]
  readonly held: Held[]
  readonly addedParameters: [string, string][]
  /** What `rewritePath` was asked for. */
  readonly paths: string[]
  readonly bodyLimits: number[]
  readonly reports: SecurityReport[]
  readonly exported: ExportedCall[]
}

export function createContext(input: ContextInput = {}): TestContext {
  const limits: LimitReport[] = []
  const dropped: string[] = []
  const paths: string[] = []
  const addedParameters: [string, string][] = []
  const bodyLimits: number[] = []
  const costs: number[] = []
  const held: Held[] = []
  const reports: SecurityReport[] = []
  const exported: ExportedCall[] = []
  return {
    requestId: 'req_1',
    receivedAtMs: input.receivedAtMs ?? Date.UTC(2026, 10, 21),
    method: input.method ?? 'GET',
    path: '/books/7',
    query: input.rawQuery ?? '',
    host: input.host ?? 'api.test',
    scheme: input.scheme ?? 'https',
    clientCertificate: input.clientCertificate ?? null,
    clientAddress: input.clientAddress ?? '192.0.2.7',
    route: { ...route, ...input.route },
    received: { target: '/books/7', minor: 1, fields: Object.entries(input.header ?? {}).flat() },
    header: (name) => input.header?.[name],
    forwardedHeader: (name) => input.header?.[name],
    responseHeader: (name) => input.responseHeader?.[name],
    digest: (secret) => createHash('sha256').update(secret).digest('hex'),
    bodyLength: input.bodyLength === undefined ? 0 : input.bodyLength,
    limitBody: (maxBytes) => bodyLimits.push(maxBytes),
    queryParameter: (name) => (dropped.includes(name) ? undefined : input.query?.[name]),
    principal: input.principal ?? null,
    person: input.person ?? null,
    claims: input.claims ?? null,
    refusedCaller: null,
    upstreamHeaders: createEdits(),
    replyHeaders: createEdits(),
    dropQueryParameter: (name) => dropped.push(name),
    addQueryParameter: (name, value) => addedParameters.push([name, value]),
    pathParameter: (name) => (input.pathParameters ?? { id: '7' })[name],
    get upstreamPath() {
      return paths.at(-1) ?? '/books/7'
    },
    rewritePath(path) {
      paths.push(path)
      return !/(?:^|\/)\.\.?(?:\/|$)/.test(path)
    },
    paths,
    addedParameters,
    status: input.status ?? 200,
    reason: input.reason ?? null,
    get cost() {
      return costs.at(-1) ?? 1
    },
    charge: (cost) => costs.push(cost),
    hold: (one) => held.push(one),
    held,
    reportLimit: (report) => limits.push(report),
    limits,
    reportSecurity: (report) => reports.push(report),
    reports,
    exportCall: (call) => exported.push(call),
    exported,
    dropped,
    bodyLimits,
  }
}

type ScanVerdict = Awaited<ReturnType<ReturnType<PolicyDeps['scanners']['open']>['scan']>>

interface World {
  /** What a scanner says of every content. */
  readonly scanned?: ScanVerdict
  readonly found?: LookupResult
  readonly taken?: Taken
  /** What is thought of every certificate. */
  readonly certificate?: CertificateVerdict
  /** What becomes of the signature of every token. */
  readonly signature?: SignatureVerdict
  /** What a server says of every token. */
  readonly introspected?: IntrospectionAnswer
  readonly judged?: FirewallVerdict
  /** Lists and their addresses; `null`: there are all lists, and nobody stands on them. */
  readonly listed?: Readonly<Record<string, readonly string[]>> | null
  /** Where every address is; null: there is no database. */
  readonly place?: Partial<Place> | null
  /** What authorizers answer. */
  readonly authorized?: AuthorizerReply
  /** How people sign in. */
  readonly login?: Partial<Login>
}

export interface TestDeps extends PolicyDeps {
  readonly rules: LimitRule[]
  /** Names of counters in the order they were asked. */
  readonly counted: string[]
}

export function createDeps({
  scanned = { kind: 'clean' },
  found = { kind: 'unknown' },
  signature = 'good',
  certificate = 'good',
  introspected = { kind: 'inactive' },
  judged = { kind: 'judged', isAttack: false, score: 0, matches: [] },
  place = {},
  listed = null,
  authorized = { kind: 'unavailable', reason: 'away' },
  login = {},
  taken = { kind: 'taken', remaining: 9, resetMs: 1_000, retryMs: 0, ticket: '' },
}: World = {}): TestDeps {
  const rules: LimitRule[] = []
  const counted: string[] = []
  return {
    environment: 'prod',
    scanners: { open: () => ({ scan: async () => scanned }) },
    credentials: {
      known: () => undefined,
      find: () => found,
    },
    bots: { isBot: (agent) => agent.includes('bot') },
    firewalls: { open: () => ({ inspect: async () => judged }) },
    places: {
      missing: () => (place === null ? 'There is no database' : null),
      find: () => ({ country: null, continent: null, network: null, ...place }),
    },
    addressLists: {
      missing: (name) => (listed !== null && !(name in listed) ? `There is no list ${name}` : null),
      find: (names, address) => names.find((name) => listed?.[name]?.includes(address)) ?? null,
    },
    inFlight: { enter: () => true, leave: () => undefined },
    keySets: { follow: () => ({ version: () => 1, verify: async () => signature }) },
    authorizers: { open: () => ({ judge: async () => authorized }) },
    logins: { open: () => ({ ...awayLogin, ...login }) },
    introspection: { follow: () => ({ introspect: async () => introspected }) },
    cedar: createCedarEngine(),
    tokens: createMemory(),
    decisions: createMemory(),
    // Secrets of tests are plain.
    secrets: { open: (text) => ({ text, key: text }) },
    schemas: { check: () => ({ kind: 'valid' }) },
    forms: { multipart: async () => ({ kind: 'malformed' }) },
    drift: { note: () => undefined },
    // What signs is tested where the cryptography is.
    signing: {
      open: () => null,
      digest: () => new Uint8Array(),
      readInputs: () => null,
      readBytes: () => null,
    },
    certificates: { follow: () => ({ judge: () => certificate }) },
    counters: {
      limiter(rule) {
        rules.push(rule)
        return {
          take(key) {
            counted.push(key)
            return taken
          },
          giveBack: () => undefined,
        }
      },
    },
    rules,
    counted,
  }
}

const awayLogin: Login = {
  cookieSuffix: 'main',
  begin: async () => ({ kind: 'unavailable' }),
  finish: async () => ({ kind: 'unavailable' }),
  find: async () => ({ kind: 'unavailable' }),
  end: async () => ({ kind: 'unavailable' }),
}

function createMemory(): TokenMemory {
  return {
    open<Value>() {
      const values = new Map<string, Value>()
      return {
        get: (sha256: string) => values.get(sha256),
        put: (sha256: string, value: Value) => void values.set(sha256, value),
      }
    },
  }
}
