// A request and a world for tests of policies: plain values behind the same ports that a gateway fills.
import { createHash } from 'node:crypto'
import type {
  HeaderEdits,
  LimitReport,
  LimitRule,
  LookupResult,
  PolicyContext,
  PolicyDeps,
  Principal,
  RouteFacts,
  Taken,
} from '../policies/policy.ts'

export const route: RouteFacts = {
  id: 'rte_1',
  method: 'GET',
  template: '/books/{id}',
  operationId: null,
  tenantId: 'ten_1',
  apiId: 'api_1',
  apiName: 'books',
  versionId: 'ver_1',
  versionName: 'v1',
  public: false,
  mocks: [],
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
    append: (name, value) => log.push(`append ${name}: ${value}`),
    remove: (name) => log.push(`remove ${name}`),
  }
}

interface ContextInput {
  readonly method?: string
  readonly header?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly bodyLength?: number | null
  readonly clientAddress?: string
  readonly principal?: Principal | null
  readonly route?: Partial<RouteFacts>
}

export interface TestContext extends PolicyContext {
  readonly upstreamHeaders: RecordedEdits
  readonly replyHeaders: RecordedEdits
  readonly limits: LimitReport[]
  readonly dropped: string[]
  readonly bodyLimits: number[]
}

export function createContext(input: ContextInput = {}): TestContext {
  const limits: LimitReport[] = []
  const dropped: string[] = []
  const bodyLimits: number[] = []
  return {
    requestId: 'req_1',
    receivedAtMs: Date.UTC(2026, 10, 21),
    method: input.method ?? 'GET',
    path: '/books/7',
    query: '',
    host: 'api.test',
    scheme: 'https',
    clientAddress: input.clientAddress ?? '192.0.2.7',
    route: { ...route, ...input.route },
    header: (name) => input.header?.[name],
    bodyLength: input.bodyLength === undefined ? 0 : input.bodyLength,
    limitBody: (maxBytes) => bodyLimits.push(maxBytes),
    queryParameter: (name) => input.query?.[name],
    principal: input.principal ?? null,
    refusedCaller: null,
    upstreamHeaders: createEdits(),
    replyHeaders: createEdits(),
    dropQueryParameter: (name) => dropped.push(name),
    status: 200,
    cost: 1,
    reportLimit: (report) => limits.push(report),
    limits,
    dropped,
    bodyLimits,
  }
}

interface World {
  readonly found?: LookupResult
  readonly taken?: Taken
}

export interface TestDeps extends PolicyDeps {
  readonly rules: LimitRule[]
  /** Names of counters in the order they were asked. */
  readonly counted: string[]
}

export function createDeps({
  found = { kind: 'unknown' },
  taken = { kind: 'taken', remaining: 9, resetMs: 1_000, retryMs: 0 },
}: World = {}): TestDeps {
  const rules: LimitRule[] = []
  const counted: string[] = []
  return {
    environment: 'prod',
    credentials: {
      known: () => undefined,
      find: () => found,
      hash: (key) => createHash('sha256').update(key).digest('hex'),
    },
    counters: {
      limiter(rule) {
        rules.push(rule)
        return {
          take(key) {
            counted.push(key)
            return taken
          },
        }
      },
    },
    rules,
    counted,
  }
}
