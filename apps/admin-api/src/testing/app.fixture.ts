// A whole admin API on a database and a Redis of its own, with callers of every kind, for integration tests.
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { testDatabase, testRedis } from '../../../../scripts/stack/testing.ts'
import { createApp } from '../app.ts'
import { type Env, parseEnv } from '../env.ts'
import { Bootstrap } from '../identity/bootstrap.ts'
import { Clock } from '../infra/clock.ts'
import { createLogger } from '../infra/logger.ts'

const password = 'correct-horse-battery'
const adminEmail = 'admin@example.com'

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly body: Body
}

export interface SendOptions {
  readonly body?: unknown
  readonly headers?: Record<string, string>
  /** Version for `If-Match`. */
  readonly version?: number | '*'
}

/** Someone with a session (or nobody), and what they send. */
export class Caller {
  #cookie: string | undefined
  #csrf: string | undefined
  #token: string | undefined

  constructor(
    private readonly app: NestFastifyApplication,
    readonly email = '',
  ) {}

  get cookie(): string {
    return this.#cookie ?? ''
  }

  useToken(token: string): this {
    this.#token = token
    return this
  }

  async send<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options: SendOptions = {},
  ): Promise<Answer<Body>> {
    const { body, version } = options
    const answer = await this.app
      .getHttpAdapter()
      .getInstance()
      .inject({
        method: method as 'GET',
        url: /^\/(?:api\/|_try\/|schemas\/|readyz|livez|errors)/.test(path) ? path : `/api/v1${path}`,
        headers: {
          ...(this.#cookie ? { cookie: this.#cookie } : {}),
          ...(this.#csrf ? { 'x-csrf-token': this.#csrf } : {}),
          ...(this.#token ? { authorization: `Bearer ${this.#token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(version === undefined ? {} : { 'if-match': version === '*' ? '*' : `"${version}"` }),
          ...options.headers,
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      })
    this.#remember(answer.headers['set-cookie'])
    const text = answer.body
    return {
      status: answer.statusCode,
      headers: answer.headers as Answer['headers'],
      body: text ? JSON.parse(text) : {},
    }
  }

  /** Sends and answers the body; any other status than a success is a failed test. */
  async must<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options: SendOptions = {},
  ): Promise<Body> {
    const answer = await this.send<Body>(method, path, options)
    if (answer.status >= 300)
      throw new Error(`${method} ${path} → ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  #remember(lines: string | string[] | undefined): void {
    for (const line of [lines ?? []].flat()) {
      const [pair = ''] = line.split(';')
      const [name = '', value = ''] = pair.split('=')
      if (name.endsWith('gw_session')) this.#cookie = value ? pair : undefined
      if (name === 'gw_csrf') this.#csrf = value || undefined
    }
  }
}

export class TestApp {
  constructor(
    readonly nest: NestFastifyApplication,
    readonly clock: TestClock,
    readonly redis: Awaited<ReturnType<typeof testRedis>>,
    readonly databaseUrl: string,
  ) {}

  get<T>(token: new (...args: never[]) => T): T {
    return this.nest.get(token as never)
  }

  visitor(): Caller {
    return new Caller(this.nest)
  }

  async signIn(email: string, withPassword = password): Promise<Caller> {
    const caller = new Caller(this.nest, email)
    await caller.must('POST', '/sign-in', { body: { email, password: withPassword } })
    return caller
  }

  admin(): Promise<Caller> {
    return this.signIn(adminEmail)
  }

  /** A new person; with `join` a developer of that tenant, with `create` its owner. */
  async signUp(
    email: string,
    how: { join?: string; create?: { name: string; title: string }; invitation?: string } = {},
  ) {
    const caller = new Caller(this.nest, email)
    await caller.must('POST', '/sign-up', { body: { email, password, name: email.split('@')[0], ...how } })
    return caller
  }

  /** A member of a tenant with a role, invited by its owner. */
  async member(owner: Caller, tenant: string, role: string, groups: string[] = []): Promise<Caller> {
    const email = `${role}-${crypto.randomUUID().slice(0, 8)}@example.com`
    const { secret } = await owner.must<{ secret: string }>('POST', `/tenants/${tenant}/invitations`, {
      body: { email, role, groups },
    })
    return this.signUp(email, { invitation: secret })
  }

  async close(): Promise<void> {
    await this.nest.close()
    await this.redis.stop()
  }
}

/** Time that tests move. */
export class TestClock extends Clock {
  #aheadMs = 0

  override now(): Date {
    return new Date(Date.now() + this.#aheadMs)
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000
  }
}

/** Starts an admin API. Stop it with `close()` in `afterAll`. `reach` may put something between it and its Postgres. */
export async function startTestApp(
  overrides: Partial<Record<keyof Env, string>> = {},
  reach: (databaseUrl: string) => Promise<string> = async (url) => url,
  { waitForAdmin = true } = {},
): Promise<TestApp> {
  const [database, redis] = await Promise.all([testDatabase(), testRedis()])
  const env = parseEnv({
    DATABASE_URL: await reach(database.url),
    REDIS_URL: redis.url,
    DATABASE_POOL: '5',
    ADMIN_EMAIL: adminEmail,
    ADMIN_PASSWORD: password,
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
    ...overrides,
  })
  const clock = new TestClock()
  const nest = await createApp(env, { logger: createLogger(env), clock })
  const app = new TestApp(nest, clock, redis, database.url)
  if (waitForAdmin) await app.get(Bootstrap).finished
  return app
}
