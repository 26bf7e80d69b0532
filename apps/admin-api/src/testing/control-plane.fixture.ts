// The services of the admin API over a real Postgres and Redis, without HTTP: what integration tests of one service stand on.
import { createId } from '@gatewright/shared/ids'
import { type Permission, rolePermissions } from '@gatewright/shared/model/role'
import { defaultUpstream, upstreamSettings } from '@gatewright/shared/model/upstream'
import { pino } from 'pino'
import { type TestRedis, testDatabase, testRedis } from '../../../../scripts/stack/testing.ts'
import type { Call, TenantCall } from '../call.ts'
import { parseEnv } from '../env.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { Redis } from '../infra/redis.ts'
import { Changes } from '../publishing/change.ts'
import { Fleet } from '../publishing/fleet.ts'
import { Publisher } from '../publishing/publisher.ts'

/** A clock that tests may move. */
export class TestClock extends Clock {
  offsetMs = 0
  override now(): Date {
    return new Date(Date.now() + this.offsetMs)
  }
}

export class ControlPlane implements AsyncDisposable {
  readonly logger = pino({ level: process.env.LOG_LEVEL ?? 'silent' })
  readonly clock = new TestClock()
  readonly env
  readonly database: Database
  readonly redis: Redis
  readonly changes: Changes
  readonly fleet: Fleet
  readonly publisher: Publisher

  constructor(
    databaseUrl: string,
    readonly redisServer: TestRedis,
  ) {
    this.env = parseEnv({ DATABASE_URL: databaseUrl, REDIS_URL: redisServer.url, LOG_LEVEL: 'silent' })
    this.database = new Database(this.env, this.logger)
    this.redis = new Redis(this.env, this.logger)
    this.changes = new Changes(this.database, this.clock, this.env)
    this.fleet = new Fleet(this.redis, this.clock)
    this.publisher = this.createPublisher()
  }

  static async start(): Promise<ControlPlane> {
    const [{ url }, redis] = await Promise.all([testDatabase(), testRedis()])
    const plane = new ControlPlane(url, redis)
    if (!plane.redis.ready) await new Promise((resolve) => plane.redis.client.once('ready', resolve))
    return plane
  }

  /** Another process's publisher over the same stores. */
  createPublisher(): Publisher {
    return new Publisher(this.database, this.redis, this.changes, this.clock, this.logger, this.env)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.publisher.onApplicationShutdown()
    await this.redis.onApplicationShutdown()
    await this.database.onApplicationShutdown()
    await this.redisServer.stop()
  }

  async createEnvironment(name: string): Promise<{ id: string; name: string }> {
    const position = await this.database.everything.environment.count()
    return this.database.everything.environment.create({
      data: { id: createId('env'), position, name, title: name, gatewayUrl: `http://${name}.example.test` },
    })
  }

  async createTenant(name: string, timeZone = 'UTC'): Promise<TestTenant> {
    const { everything } = this.database
    const user = await everything.user.create({
      data: { id: createId('usr'), email: `owner@${name}.test`, name: `Owner of ${name}` },
    })
    const tenant = await everything.tenant.create({
      data: { id: createId('ten'), name, title: name, timeZone },
    })
    await everything.membership.create({
      data: { id: createId('mem'), tenantId: tenant.id, userId: user.id, role: 'owner' },
    })
    return { id: tenant.id, name, timeZone, userId: user.id }
  }

  /** A call of the tenant's owner, or of one with fewer permissions. */
  call(
    tenant: TestTenant,
    permissions: readonly Permission[] = rolePermissions.owner,
    userId = tenant.userId,
  ): TenantCall {
    const call: Call = {
      requestId: createId('req'),
      address: '127.0.0.1',
      agent: 'test',
      actor: { kind: 'user', id: userId, name: 'Test' },
      user: { id: userId, email: `owner@${tenant.name}.test`, name: 'Test', platformAdmin: false },
      sessionId: null,
      method: null,
      provedAt: null,
      token: null,
      csrfToken: null,
      platform: this.database.platform,
      expectedVersion: null,
      caused: [],
      cookies: [],
    }
    return {
      ...call,
      db: this.database.tenant(tenant.id),
      tenant: {
        id: tenant.id,
        name: tenant.name,
        title: tenant.name,
        timeZone: tenant.timeZone,
        selfSignUp: true,
        role: 'owner',
        groups: [],
        permissions: new Set(permissions),
      },
    }
  }

  /** An API with one version in draft: two routes, one upstream target, protected by a key. */
  async createDraft(tenant: TestTenant, name: string, basePath = `/${name}/v1`): Promise<TestVersion> {
    const { everything } = this.database
    const owned = { tenantId: tenant.id }
    const api = await everything.api.create({
      data: { id: createId('api'), ...owned, name, title: name, ownerId: tenant.userId },
    })
    const version = await everything.apiVersion.create({
      data: { id: createId('ver'), ...owned, apiId: api.id, name: 'v1', basePath },
    })
    const paths = [
      ['GET', '/items'],
      ['GET', '/items/{id}'],
    ] as const
    await everything.route.createMany({
      data: paths.map(([method, path], position) => ({
        id: createId('rte'),
        ...owned,
        versionId: version.id,
        method,
        path,
        position,
      })),
    })
    await everything.upstream.create({
      data: {
        id: createId('ups'),
        ...owned,
        versionId: version.id,
        name: defaultUpstream,
        settings: upstreamSettings.parse({ targets: [{ url: 'http://127.0.0.1:1' }] }),
      },
    })
    await everything.policyAttachment.create({
      data: {
        id: createId('pol'),
        ...owned,
        scope: 'version',
        versionId: version.id,
        type: 'api-key',
        name: 'api-key',
        config: { header: 'X-API-Key', query: null, cookie: null, consumerHeaders: true },
      },
    })
    return { id: version.id, api: name, apiId: api.id, name: 'v1' }
  }
}

export interface TestTenant {
  readonly id: string
  readonly name: string
  readonly timeZone: string
  readonly userId: string
}

export interface TestVersion {
  readonly id: string
  readonly api: string
  readonly apiId: string
  readonly name: string
}
