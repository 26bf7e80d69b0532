// `npm run smoke`: the whole main job over HTTP on free ports: publish, subscribe, approve, call, see the call.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { signIn, signUp } from './stack/session.ts'
import { type Stack, startStack } from './stack/stack.ts'

const tenant = 'smoke'
const api = 'bookstore'
const password = `smoke-${crypto.randomUUID()}`
const waitMs = 15_000
const idempotencyKey = () => crypto.randomUUID()

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gatewright-smoke-'))
  let stack: Stack | undefined
  try {
    stack = await startStack({ dataDir, ports: 'free', durable: false })
    done('starts PostgreSQL, Redis, the admin API, a gateway and the sample upstream')
    await playMainJob(stack)
  } finally {
    await stack?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function playMainJob({ adminUrl, gatewayUrl, upstreamUrl, environment, platformAdmin }: Stack) {
  const platform = await signIn(adminUrl, platformAdmin.email, platformAdmin.password)
  const { data: environments } = await platform.client.environments.list({})
  if (!environments.some(({ name }) => name === environment))
    await platform.client.environments.create({ name: environment, title: 'Production', gatewayUrl })
  await platform.client.tenancy.create({ name: tenant, title: 'Smoke' })
  const invite = async (role: 'publisher' | 'approver' | 'analyst') => {
    const email = `${role}@smoke.example`
    const { secret } = await platform.client.tenancy.invite({ tenant, email, role })
    return signUp(adminUrl, { email, password, name: role, invitation: secret })
  }
  const publisher = await invite('publisher')
  const approver = await invite('approver')
  const analyst = await invite('analyst')
  done('sets up a tenant with a publisher, an approver and an analyst')

  const source = { kind: 'url', url: `${upstreamUrl}/openapi.yaml` } as const
  const preview = await publisher.client.imports.preview({ tenant, source })
  const operationCount = preview.operations.length
  assert.equal(operationCount, 14)
  const { name, basePath, version } = preview.suggestion
  const imported = await publisher.client.imports.create({
    tenant,
    source,
    name: api,
    title: preview.title,
    version,
    basePath,
    upstreamUrls: [upstreamUrl],
  })
  assert.equal(imported.apiVersion.routeCount, operationCount)
  done(`imports an OpenAPI document by its URL (${name}: ${operationCount} operations)`)

  const apiVersion = imported.apiVersion
  await publisher.client.products.create({ tenant, name: api, title: 'Bookstore', versions: [apiVersion.id] })
  const plan = await publisher.client.products.createPlan({
    tenant,
    product: api,
    name: 'gold',
    title: 'Gold',
    approval: 'manual',
    rate: { requests: 5, windowMs: 60_000 },
  })
  const published = await publisher.client.publishing.publish(
    { tenant, api, apiVersion: version, environments: [environment], note: 'Smoke' },
    { context: { idempotencyKey: idempotencyKey(), waitMs } },
  )
  assert.deepEqual(
    published.live?.map(({ live, gateways }) => ({ live, gateways })),
    [{ live: true, gateways: 1 }],
  )
  done('publishes it, live on 1 of 1 gateways')

  const url = `${gatewayUrl}${basePath}/books/bk_dune`
  assert.equal((await fetch(url)).status, 401)
  done('refuses a call without a key')

  const developer = await signUp(adminUrl, {
    email: 'developer@smoke.example',
    password,
    name: 'Developer',
    join: tenant,
  })
  const found = await developer.client.catalogue.list({ tenant, search: 'book' })
  assert.deepEqual(
    found.data.map((entry) => entry.name),
    [api],
  )
  const document = await developer.client.catalogue.document({ tenant, api, apiVersion: version })
  assert.equal((document.servers as { url: string }[])[0]?.url, `${gatewayUrl}${basePath}`)
  done('a developer signs up and finds it with its document in the portal')

  const application = await developer.client.applications.create({ tenant, title: 'Reading list' })
  const asked = await developer.client.subscriptions.create(
    { tenant, application: application.id, plan: plan.id, note: 'Please' },
    { context: { idempotencyKey: idempotencyKey(), waitMs } },
  )
  assert.equal(asked.state, 'pending')
  const issued = await developer.client.credentials.issue(
    { tenant, application: application.id, environment },
    { context: { idempotencyKey: idempotencyKey(), waitMs } },
  )
  const call = () => fetch(url, { headers: { 'x-api-key': issued.key } })
  assert.equal((await call()).status, 403)
  done('asks for access, gets a key, and is refused while the request waits')

  const { data: waiting } = await approver.client.subscriptions.list({ tenant, state: 'pending' })
  const decided = await approver.client.subscriptions.decide(
    { tenant, subscriptions: waiting.map(({ id }) => id), decision: 'approve', note: 'Welcome' },
    { context: { waitMs } },
  )
  assert.deepEqual(
    decided.results.map(({ subscription, state }) => [subscription, state]),
    [[asked.id, 'active']],
  )
  done('an approver finds the request and approves it')

  const answer = await call()
  assert.equal(answer.status, 200)
  assert.equal(((await answer.json()) as { title: string }).title, 'Dune')
  const requestId = answer.headers.get('x-request-id')
  assert.ok(requestId, 'the answer names its request id')
  done('the key works: the book arrives through the gateway')

  const statuses: number[] = []
  for (let i = 0; i < 5; i++) statuses.push((await call()).status)
  assert.deepEqual(statuses, [200, 200, 200, 200, 429])
  done("the plan's limit holds: 5 a minute, the 6th is refused")

  const logged = await until(15_000, async () => {
    const { data } = await analyst.client.analytics.requests({ tenant, environment, search: requestId })
    return data[0]
  })
  assert.equal(logged.status, 200)
  assert.equal(logged.application?.title, 'Reading list')
  const overview = await until(15_000, async () => {
    const { current } = await analyst.client.analytics.overview({ tenant, environment, from: 'now-1h' })
    return current.requests >= 8 ? current : undefined
  })
  assert.deepEqual([overview.requests, overview.throttled], [8, 1])
  done('an analyst finds the call by its request id, and 8 requests on the overview')

  const revoking = await developer.client.credentials.revoke(
    { tenant, application: application.id, credential: issued.id },
    { context: { waitMs } },
  )
  assert.equal(revoking.live?.[0]?.live, true)
  assert.equal((await call()).status, 401)
  done('a revoked key is refused')
}

let passed = 0
function done(title: string): void {
  passed++
  console.log(`✓ ${title}`)
}

/** Asks again until there is an answer; events travel to the dashboards by themselves. */
async function until<T>(timeoutMs: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > deadline) throw new Error(`Not true after ${timeoutMs / 1_000} s: ${ask}`)
    await delay(100)
  }
}

try {
  await main()
  console.log(`Smoke test: ${passed} steps passed.`)
} catch (error) {
  console.error(`✗ after ${passed} steps:`, error)
  process.exitCode = 1
}
