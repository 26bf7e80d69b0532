// One method per question: who may count what, over which range, and the names to go with the numbers.
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import { may, signedIn, type TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Clock } from '../infra/clock.ts'
import { readCursor, writeCursor } from '../infra/page.ts'
import { Redis } from '../infra/redis.ts'
import { findEnvironment } from '../publishing/environments.ts'
import { Fleet } from '../publishing/fleet.ts'
import { refuse } from '../refusal.ts'
import { consumptionOf } from './consumption.ts'
import { readLimit } from './limits.ts'
import {
  afterOf,
  byCalls,
  byIdleness,
  type Listed,
  pageOf,
  showDrift,
  showUndocumented,
  showUnused,
} from './listed.ts'
import { drift } from './queries/drift.ts'
import { errors } from './queries/errors.ts'
import { latency } from './queries/latency.ts'
import { newest } from './queries/newest.ts'
import { overview } from './queries/overview.ts'
import type { Ranked } from './queries/ranking.ts'
import { type RequestStoryRow, request } from './queries/request.ts'
import { requests } from './queries/requests.ts'
import { status } from './queries/status.ts'
import { topApis } from './queries/top-apis.ts'
import { topApplications } from './queries/top-applications.ts'
import { topRoutes } from './queries/top-routes.ts'
import { traffic } from './queries/traffic.ts'
import { undocumented } from './queries/undocumented.ts'
import { unused } from './queries/unused.ts'
import { resolveRange } from './range.ts'
import { AnalyticsReader } from './reader.ts'
import { showRequests, showStory } from './request-view.ts'
import type { Slice } from './slice.ts'
import { readSubjects, resolveFilters } from './subjects.ts'

type Noun = typeof contract.analytics
type RangeInput = InputOf<Noun['traffic']>

const requestOrder = [
  ['at', 'desc'],
  ['id', 'desc'],
] as const

const publishesMax = 100

interface Question {
  readonly slice: Slice
  readonly environment: { readonly id: string; readonly name: string }
}

@Injectable()
export class AnalyticsService implements Service<Noun> {
  constructor(
    private readonly reader: AnalyticsReader,
    private readonly redis: Redis,
    private readonly fleet: Fleet,
    private readonly clock: Clock,
  ) {}

  async overview(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const [basis, totals, delivery] = await Promise.all([
      this.#basis(question),
      overview(this.reader.pool, question.slice),
      this.#delivery(question.environment.name),
    ])
    return { basis, ...totals, delivery: { stored: totals.current.requests, ...delivery } }
  }

  async traffic(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const { from, to } = question.slice.range
    const [basis, points, publishes] = await Promise.all([
      this.#basis(question),
      traffic(this.reader.pool, question.slice),
      call.db.revision.findMany({
        where: { environmentId: question.environment.id, createdAt: { gte: from, lt: to } },
        orderBy: { number: 'desc' },
        take: publishesMax,
        select: { createdAt: true, number: true, reason: true },
      }),
    ])
    return {
      basis,
      points,
      publishes: publishes.reverse().map(({ createdAt, number, reason }) => ({
        at: createdAt.toISOString(),
        revision: number,
        reason,
      })),
    }
  }

  async latency(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const [basis, answer] = await Promise.all([
      this.#basis(question),
      latency(this.reader.pool, question.slice),
    ])
    return { basis, ...answer }
  }

  async errors(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const [basis, { kinds, points }] = await Promise.all([
      this.#basis(question),
      errors(this.reader.pool, question.slice),
    ])
    const apiOf = await readSubjects(
      call.db,
      'api',
      kinds.map(({ apiId }) => apiId),
    )
    return { basis, points, data: kinds.map(({ apiId, ...kind }) => ({ ...kind, api: apiOf(apiId) })) }
  }

  async topApis(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const rows = await topApis(this.reader.pool, question.slice)
    return { basis: await this.#basis(question), data: await this.#named(call, 'api', rows, 'No API') }
  }

  async topApplications(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const rows = await topApplications(this.reader.pool, question.slice)
    return {
      basis: await this.#basis(question),
      data: await this.#named(call, 'application', rows, 'No application'),
    }
  }

  async topRoutes(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const rows = await topRoutes(this.reader.pool, question.slice)
    const data = rows.map(({ id, name, ...numbers }) => ({
      subject: { id, name: id === null ? 'No route' : name, title: id === null ? 'No route' : name },
      ...numbers,
    }))
    return { basis: await this.#basis(question), data }
  }

  async status(call: TenantCall, input: RangeInput) {
    const question = await this.#question(call, input)
    const data = await status(this.reader.pool, question.slice)
    return { basis: await this.#basis(question), data }
  }

  async requests(call: TenantCall, input: InputOf<Noun['requests']>) {
    const { slice, environment } = await this.#question(call, input)
    const search = input.search?.trim() || null
    // An id says everything: neither range nor filters may hide what somebody has the id of.
    if (search?.startsWith('req_')) {
      const row = await this.#findRequest(call, environment.id, search)
      return {
        data: row ? await showRequests(call, [row]) : [],
        page: { next_cursor: null, has_more: false },
      }
    }
    const after = input.cursor === undefined ? null : readRequestCursor(input.cursor)
    const rows = await requests(this.reader.pool, slice, {
      status: input.status ?? null,
      reason: input.reason ?? null,
      path: search,
      after,
      limit: input.limit + 1,
    })
    const shown = rows.slice(0, input.limit)
    const last = shown.at(-1)
    const hasMore = rows.length > input.limit
    return {
      data: await showRequests(call, shown),
      page: {
        next_cursor: hasMore && last ? writeCursor(requestOrder, { at: last.at, id: last.id }) : null,
        has_more: hasMore,
      },
    }
  }

  async request(call: TenantCall, input: InputOf<Noun['request']>) {
    const environment = await findEnvironment(call.platform, input.environment)
    const row =
      (await this.#findRequest(call, environment.id, input.request)) ??
      refuse(
        'not_found',
        `There is no request "${input.request}" in ${environment.name}, or it is not there yet`,
      )
    return showStory(call, row)
  }

  async unused(call: TenantCall, input: InputOf<Noun['unused']>) {
    const rows = await unused(this.reader.pool, await this.#listed(call, input, byIdleness), input.of)
    return pageOf(rows, input.limit, byIdleness, showUnused)
  }

  async undocumented(call: TenantCall, input: InputOf<Noun['undocumented']>) {
    const rows = await undocumented(this.reader.pool, await this.#listed(call, input, byCalls))
    return pageOf(rows, input.limit, byCalls, showUndocumented)
  }

  async drift(call: TenantCall, input: InputOf<Noun['drift']>) {
    const rows = await drift(this.reader.pool, await this.#listed(call, input, byCalls))
    return pageOf(rows, input.limit, byCalls, showDrift)
  }

  async quota(call: TenantCall, input: InputOf<Noun['quota']>) {
    const own = await this.#ownApplications(call)
    const environment = await findEnvironment(call.platform, input.environment)
    const application = await call.db.application.findFirst({
      where: {
        OR: [{ id: input.application }, { name: input.application }],
        ...(own ? { id: { in: [...own] } } : {}),
      },
      include: {
        credentials: { where: { environmentId: environment.id, state: 'active' }, select: { id: true } },
        subscriptions: {
          where: { state: 'active' },
          include: {
            plan: {
              include: {
                policies: { where: { enabled: true }, orderBy: { position: 'asc' } },
                product: { select: { tenant: { select: { id: true, timeZone: true } } } },
              },
            },
          },
        },
      },
    })
    if (!application) return refuse('not_found', `There is no application "${input.application}"`)
    const data = await this.redis.use(async (client) => {
      const asked = {
        client,
        environment: environment.name,
        applicationId: application.id,
        credentialIds: application.credentials.map(({ id }) => id),
        now: this.clock.now(),
      }
      const states = application.subscriptions.flatMap(({ id, plan }) =>
        plan.policies.map(async (policy) => {
          // Gateways count where the plan is, by the calendar there.
          const { id: tenantId, timeZone } = plan.product.tenant
          const state = await readLimit({ ...asked, tenantId, timeZone }, policy)
          return (
            state && { ...state, subscription: id, plan: plan.name, resetAt: state.resetAt.toISOString() }
          )
        }),
      )
      return Promise.all(states)
    })
    return { data: data.filter((state) => state !== null) }
  }

  async #question(call: TenantCall, input: RangeInput): Promise<Question> {
    const environment = await findEnvironment(call.platform, input.environment)
    const retention = await call.platform.tenant.findUniqueOrThrow({
      where: { id: call.tenant.id },
      select: { rawRetentionDays: true, minuteRetentionDays: true, hourRetentionDays: true, timeZone: true },
    })
    const { applicationId, ...ids } = await resolveFilters(call.db, input)
    const own = await this.#ownApplications(call)
    if (own && applicationId !== null && !own.includes(applicationId)) {
      refuse('not_found', `There is no application "${input.application}" here`)
    }
    const range = resolveRange(
      input,
      this.clock.now(),
      {
        rawDays: retention.rawRetentionDays,
        minuteDays: retention.minuteRetentionDays,
        hourDays: retention.hourRetentionDays,
      },
      retention.timeZone,
    )
    const applicationIds = applicationId === null ? own : [applicationId]
    return {
      environment,
      slice: {
        tenantId: call.tenant.id,
        providerIds: applicationIds === null ? [] : (await consumptionOf(call, applicationIds)).providerIds,
        environmentId: environment.id,
        range,
        ...ids,
        applicationIds,
        route: input.route ?? null,
        method: input.method ?? null,
        statusClass: input.statusClass === undefined ? null : Number(input.statusClass.charAt(0)),
      },
    }
  }

  async #listed(
    call: TenantCall,
    input: InputOf<Noun['undocumented']>,
    order: typeof byCalls,
  ): Promise<Listed> {
    const environment = await findEnvironment(call.platform, input.environment)
    const { apiId, versionId } = await resolveFilters(call.db, input)
    return {
      tenantId: call.tenant.id,
      environmentId: environment.id,
      cutoff: this.clock.in(-input.days * 86_400),
      ...{ apiId, versionId },
      after: afterOf(input.cursor, order),
      // One more than a page has: whether there is a next one.
      limit: input.limit + 1,
    }
  }

  /** Null: may see all traffic. Else the ids of the caller's own applications, and nothing beyond them is counted. */
  async #ownApplications(call: TenantCall): Promise<readonly string[] | null> {
    if (may(call, 'analytics:read')) return null
    const rows = await call.db.application.findMany({
      where: { ownerId: signedIn(call).id },
      select: { id: true },
    })
    return rows.map(({ id }) => id)
  }

  async #findRequest(call: TenantCall, environmentId: string, id: string): Promise<RequestStoryRow | null> {
    const own = await this.#ownApplications(call)
    return request(this.reader.pool, call.tenant.id, environmentId, own, await consumptionOf(call, own), id)
  }

  async #basis({ slice }: Question) {
    const { range, tenantId, environmentId } = slice
    const updatedAt = await newest(this.reader.pool, tenantId, environmentId)
    return {
      from: range.from.toISOString(),
      to: range.to.toISOString(),
      bucketSeconds: range.bucketSeconds,
      source: range.source,
      updatedAt: updatedAt?.toISOString() ?? null,
    }
  }

  /** What gateways say of the events that are not here. */
  async #delivery(environment: string): Promise<{ spooled: number; dropped: number }> {
    const reports = this.redis.ready ? await this.fleet.reports(environment).catch(() => []) : []
    return {
      spooled: reports.reduce((sum, { events }) => sum + events.spooled, 0),
      dropped: reports.reduce((sum, { events }) => sum + events.dropped, 0),
    }
  }

  async #named(call: TenantCall, kind: 'api' | 'application', rows: readonly Ranked[], nobody: string) {
    const subjectOf = await readSubjects(
      call.db,
      kind,
      rows.map(({ id }) => id),
    )
    return rows.map(({ id, name: _, ...numbers }) => ({
      subject: subjectOf(id) ?? { id: null, name: nobody, title: nobody },
      ...numbers,
    }))
  }
}

function readRequestCursor(cursor: string): { at: Date; id: string } {
  const [at, id] = readCursor(cursor, 2)
  if (!(at instanceof Date) || typeof id !== 'string') return refuse('invalid_cursor')
  return { at, id }
}
