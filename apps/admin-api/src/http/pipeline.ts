// Every operation's way in and out: who, how often, where, may they → from which version → once → service → live → ETag.
import type { OperationMeta } from '@gatewright/shared/contract/operation'
import { Inject, Injectable } from '@nestjs/common'
import type { ORPCModuleConfig } from '@orpc/nest'
import { type Call, type CausedRevision, causedRevisions, type TenantCall } from '../call.ts'
import { SignInRules } from '../identity/sign-in-rules/sign-in-rules.ts'
import { Database } from '../infra/database.ts'
import { LOGGER, type Logger } from '../infra/logger.ts'
import { Fleet } from '../publishing/fleet.ts'
import { showLive } from '../publishing/refusal-reason.ts'
import { refuse, refuseField } from '../refusal.ts'
import { Authenticate } from './authenticate.ts'
import { Authorise } from './authorise.ts'
import { refuseUnstorableText } from './body.ts'
import { currentExchange, type Exchange } from './exchange.ts'
import { Idempotency } from './idempotency.ts'
import { describeProcedure } from './operations.ts'
import { sendProblem, toProblem } from './problem.ts'
import { RequestLimit } from './request-limit.ts'

type Interceptor = NonNullable<ORPCModuleConfig['interceptors']>[number]
type Step = Parameters<Interceptor>[0]

@Injectable()
export class Pipeline {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly requestLimit: RequestLimit,
    private readonly authorise: Authorise,
    private readonly signInRules: SignInRules,
    private readonly idempotency: Idempotency,
    private readonly fleet: Fleet,
    private readonly database: Database,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** What oRPC is told: each step around the next one, outermost first. */
  config(): ORPCModuleConfig {
    return {
      interceptors: [this.#admit, this.#live, this.#once, this.#tag],
      plugins: [{ init: (options) => Object.assign(options, { interceptors: [this.#problems] }) }],
      // A problem is already sent when an operation was refused.
      sendResponseInterceptors: [async ({ response, next }) => (response.sent ? undefined : next())],
    }
  }

  /** Who calls, in which tenant, with which permission, and from which version of the resource. */
  #admit: Interceptor = async (options) => {
    const { request, reply } = currentExchange()
    const operation = describeProcedure(options.procedure)
    const params = (request.params ?? {}) as Record<string, string>
    // The path has the last word: a body or query may not name another tenant than the one that was checked.
    const input = { ...(options.input as object | undefined), ...params }
    const caller = await this.authenticate.caller(request)
    if (caller.user) this.requestLimit.take(caller.user.id, (fields) => reply.headers({ ...fields }))
    // The path alone is looked at before the caller's rights are: their tenant is looked up by it.
    refuseUnstorableText(params)
    const tenant = await this.authorise.tenant(operation, caller, params.tenant)
    await this.signInRules.check(operation.meta, caller, tenant, request.ip)
    refuseUnstorableText(input)
    const call: Call = {
      ...caller,
      requestId: request.id,
      address: request.ip,
      agent: request.headers['user-agent']?.slice(0, 200) ?? '',
      platform: this.database.platform,
      expectedVersion: operation.meta.concurrency ? expectedVersion(request.headers['if-match']) : null,
      caused: [],
      cookies: [],
    }
    const scoped: Call | TenantCall = tenant ? { ...call, tenant, db: this.database.tenant(tenant.id) } : call
    const output = await options.next({ ...options, input, context: { ...options.context, call: scoped } })
    if (call.cookies.length > 0) reply.header('set-cookie', call.cookies)
    return output
  }

  /** The revisions that a write caused. `?wait=live`: answers when every live gateway runs what the write caused, or names those that do not. */
  #live: Interceptor = async (options) => {
    const { request } = currentExchange()
    const { waitable } = metaOf(options)
    if (!waitable) return options.next()
    const timeoutMs = waitFor(request.url)
    const output = await options.next()
    const call = callOf(options)
    const waits = timeoutMs !== null && call.caused.length > 0
    const live = waits ? await this.fleet.waitLive(call.caused, timeoutMs) : undefined
    if (!isObject(output) || !('revisions' in output)) return output
    const shown = live && { live: live.map((state) => showLive(call, state)) }
    return { ...output, revisions: causedRevisions(call), ...shown }
  }

  /** `Idempotency-Key`: a repetition gets the first answer. */
  #once: Interceptor = async (options) => {
    if (!metaOf(options).idempotent) return options.next()
    const { request, reply } = currentExchange()
    const key = request.headers['idempotency-key']
    if (typeof key !== 'string' || key === '') return refuse('idempotency_key_missing')
    if (key.length > 255) return refuse('invalid_input', 'The Idempotency-Key is longer than 255 characters')
    const call = callOf(options)
    const operation = `${request.method} ${request.url.split('?', 1)[0]}`
    const { output, replayed } = await this.idempotency.once(
      call.actor.id,
      operation,
      key,
      options.input,
      () => options.next(),
    )
    if (replayed) {
      reply.header('idempotency-replayed', 'true')
      call.caused.push(...(await this.#causedBy(output)))
    }
    return output
  }

  /** The resource's version as its strong ETag. */
  #tag: Interceptor = async (options) => {
    const output = await options.next()
    const version = versionOf(output)
    if (version !== null) currentExchange().reply.header('etag', `"${version}"`)
    return output
  }

  #problems = async (options: { next: () => Promise<unknown> }): Promise<never> => {
    try {
      return (await options.next()) as never
    } catch (error) {
      return this.#sendProblem(currentExchange(), error) as never
    }
  }

  #sendProblem({ request, reply }: Exchange, error: unknown) {
    const answer = toProblem(error, request.id, request.url.split('?', 1)[0] ?? request.url)
    if (answer.unexpected) this.logger.error({ requestId: request.id, error }, 'An operation failed')
    sendProblem(reply, answer)
    return { matched: true, response: { status: answer.problem.status, headers: {}, body: undefined } }
  }

  /** A replayed answer names its revisions by environment; waiting needs their ids. */
  async #causedBy(output: unknown): Promise<CausedRevision[]> {
    if (!isObject(output) || !Array.isArray(output.revisions)) return []
    const environments = await this.database.platform.environment.findMany({
      select: { id: true, name: true },
    })
    const ids = new Map(environments.map(({ id, name }) => [name, id]))
    return output.revisions.map((one) => ({ ...one, environmentId: ids.get(one.environment) ?? '' }))
  }
}

const metaOf = ({ procedure }: Step): OperationMeta => describeProcedure(procedure).meta

function callOf({ context }: Step): Call {
  const { call } = context as { call?: Call }
  if (!call) throw new Error('the operation was not admitted')
  return call
}

/** `If-Match: "3"` → 3. Weak tags never match (RFC 9110 13.1.1). */
function expectedVersion(header: string | undefined): number | 'any' {
  if (header === undefined) return refuse('version_missing')
  if (header.trim() === '*') return 'any'
  const [, digits] = /^\s*"(\d{1,9})"\s*$/.exec(header) ?? []
  return digits === undefined
    ? refuse('version_stale', `If-Match ${header} names no version of this resource`)
    : Number(digits)
}

const longestWaitMs = 60_000

/** Milliseconds to wait for the gateways, or null when the writer did not ask. */
function waitFor(url: string): number | null {
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  const wait = query.get('wait')
  if (wait === null) return null
  if (wait !== 'live') refuseField('invalid_input', '/wait', 'Only "live" can be waited for')
  const timeoutMs = Number(query.get('timeoutMs') ?? 10_000)
  if (!Number.isInteger(timeoutMs) || timeoutMs < 0 || timeoutMs > longestWaitMs) {
    refuseField('invalid_input', '/timeoutMs', `Use a whole number up to ${longestWaitMs}`)
  }
  return timeoutMs
}

function versionOf(output: unknown): number | null {
  if (!isObject(output)) return null
  if (typeof output.version === 'number') return output.version
  return isObject(output.apiVersion) && typeof output.apiVersion.version === 'number'
    ? output.apiVersion.version
    : null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
