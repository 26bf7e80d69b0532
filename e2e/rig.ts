// The rig of every test that counts something: the built product with three gateways behind a round-robin balancer.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PolicyInput } from '@gatewright/shared/policies/specs'
import type { CallContext, Client } from '../packages/cli/src/client.ts'
import { type Person, signIn, signUp } from '../scripts/stack/session.ts'
import { root, type Stack, startStack } from '../scripts/stack/stack.ts'

export const tenant = 'rig'
export const waitMs = 15_000

export interface Rig extends AsyncDisposable {
  readonly stack: Stack
  readonly platform: Person
  readonly owner: Person
  /** Imports the sample API under a path of its own, with one plan, and publishes it everywhere it runs. */
  publish(name: string, options?: PublishOptions): Promise<Published>
  /** A new application with an active subscription and a key. */
  subscribe(published: Published): Promise<Subscriber>
}

interface PublishOptions {
  readonly planPolicies?: readonly PolicyInput[]
  readonly versionPolicies?: readonly PolicyInput[]
  readonly approval?: 'auto' | 'manual'
  readonly upstreamUrl?: string
}

export interface Published {
  readonly api: string
  readonly versionId: string
  readonly planId: string
  /** On the balancer. */
  readonly url: string
  readonly path: string
}

export interface Subscriber {
  readonly application: string
  readonly subscriptionId: string
  readonly credentialId: string
  readonly key: string
}

/** Context of a call that must be live when it returns. */
export function live(): CallContext {
  return { waitMs, idempotencyKey: crypto.randomUUID() }
}

export async function startRig(options: Partial<Parameters<typeof startStack>[0]> = {}): Promise<Rig> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatewright-rig-'))
  const stack = await startStack({ dataDir, ports: 'free', gateways: 3, balancer: true, ...options })
  // What fails after that fails because of it; the folder of its log is gone by then.
  void stack.broken.then((report) => process.stderr.write(`${report}\n`))
  const dispose = async () => {
    await stack.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    return await fill(stack, dispose)
  } catch (error) {
    await dispose()
    throw error
  }
}

async function fill(stack: Stack, dispose: () => Promise<void>): Promise<Rig> {
  const { adminUrl, environment, platformAdmin } = stack
  const platform = await signIn(adminUrl, platformAdmin.email, platformAdmin.password)
  const { data } = await platform.client.environments.list({})
  if (!data.some(({ name }) => name === environment)) {
    await platform.client.environments.create({
      name: environment,
      title: 'Production',
      gatewayUrl: stack.gatewayUrl,
    })
  }
  await platform.client.tenancy.create({ name: tenant, title: 'Rig' })
  const email = 'owner@rig.example'
  const { secret } = await platform.client.tenancy.invite({ tenant, email, role: 'owner' })
  const owner = await signUp(adminUrl, {
    email,
    password: crypto.randomUUID(),
    name: 'Owner',
    invitation: secret,
  })
  const document = readFileSync(join(root, 'examples/bookstore/openapi.yaml'), 'utf8')

  return {
    stack,
    platform,
    owner,
    publish: (name, options = {}) => publish(owner.client, stack, document, name, options),
    subscribe: (published) => subscribe(owner.client, stack, published),
    [Symbol.asyncDispose]: dispose,
  }
}

async function publish(
  client: Client,
  stack: Stack,
  document: string,
  name: string,
  { planPolicies = [], versionPolicies, approval = 'auto', upstreamUrl = stack.upstreamUrl }: PublishOptions,
): Promise<Published> {
  const basePath = `/${name}`
  const { apiVersion } = await client.imports.create({
    tenant,
    source: { kind: 'text', text: document },
    name,
    title: name,
    version: 'v1',
    basePath,
    upstreamUrls: [upstreamUrl],
  })
  if (versionPolicies) await setPolicies(client, 'version', apiVersion.id, versionPolicies)
  await client.products.create({ tenant, name, title: name, versions: [apiVersion.id] })
  const plan = await client.products.createPlan({
    tenant,
    product: name,
    name: 'plan',
    title: 'Plan',
    approval,
  })
  await setPolicies(client, 'plan', plan.id, planPolicies)
  const published = await client.publishing.publish(
    { tenant, api: name, apiVersion: 'v1', environments: [stack.environment] },
    { context: live() },
  )
  if (!published.live?.every((one) => one.live))
    throw new Error(`${name} is not live: ${JSON.stringify(published.live)}`)
  const path = `${basePath}/books/bk_dune`
  return { api: name, versionId: apiVersion.id, planId: plan.id, url: `${stack.gatewayUrl}${path}`, path }
}

export async function setPolicies(
  client: Client,
  scope: 'tenant' | 'version' | 'plan' | 'route',
  scopeId: string,
  policies: readonly PolicyInput[],
) {
  const { version } = await client.policies.get({ tenant, scope, scopeId })
  return client.policies.set(
    { tenant, scope, scopeId, policies: [...policies] },
    { context: { ...live(), ifMatch: version } },
  )
}

/** A new application of whoever `client` acts for, with an active subscription and a key. */
export async function subscribe(client: Client, stack: Stack, { planId }: Published): Promise<Subscriber> {
  const { id: application } = await client.applications.create({
    tenant,
    title: `app-${crypto.randomUUID().slice(0, 8)}`,
  })
  const subscription = await client.subscriptions.create(
    { tenant, application, plan: planId as `pln_${string}` },
    { context: live() },
  )
  const issued = await client.credentials.issue(
    { tenant, application, environment: stack.environment },
    { context: live() },
  )
  return { application, subscriptionId: subscription.id, credentialId: issued.id, key: issued.key }
}

/** Status of one call with a key; the body is read, so the connection is free again. */
export async function call(url: string, key?: string, init: RequestInit = {}): Promise<number> {
  const headers = new Headers(init.headers)
  if (key !== undefined) headers.set('x-api-key', key)
  const response = await fetch(url, { ...init, headers })
  await response.arrayBuffer()
  return response.status
}

/** How often each status came back from `count` calls, at most `concurrency` at a time. */
export async function flood(
  url: string,
  key: string,
  count: number,
  concurrency = 20,
): Promise<Record<number, number>> {
  const statuses: Record<number, number> = {}
  let left = count
  const worker = async () => {
    while (left-- > 0) {
      const status = await call(url, key)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, worker))
  return statuses
}

/** Asks until it is true; answers after how many milliseconds it was. Throws when it never is. */
export async function untilTrue(timeoutMs: number, ask: () => Promise<boolean>): Promise<number> {
  const started = performance.now()
  for (;;) {
    if (await ask()) return performance.now() - started
    if (performance.now() - started > timeoutMs) throw new Error(`not true within ${timeoutMs} ms: ${ask}`)
    // The admin API counts what a person asks in a minute.
    await delay(50)
  }
}
