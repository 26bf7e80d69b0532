// Fills an empty installation with the demo tenant: people of every role, a published API, plans, an application with a key.
// Each step looks first, so an interrupted run is completed and a second one changes nothing.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Id } from '@gatewright/shared/ids'
import { type Role, roleSchema } from '@gatewright/shared/model/role'
import type { Client } from '../packages/cli/src/client.ts'
import { ProblemError } from '../packages/cli/src/failure.ts'
import { writeWhole } from './stack/data-folder.ts'
import { type Person, SignInError, signIn, signUp } from './stack/session.ts'
import { root, type Stack } from './stack/stack.ts'

const tenant = 'acme'
const api = 'bookstore'
const waitMs = 15_000

export type Demo = {
  tenant: string
  people: { role: Role | 'platform-admin'; email: string; password: string }[]
  /** A request that the demo application's key is good for. */
  call: { url: string; key: string }
}

type Kept = { password: string; key?: string }

/** Undefined when the database belongs to an installation of someone else's, which nobody asked us to fill. */
export async function seedDemo(stack: Stack): Promise<Demo | undefined> {
  const { email, password } = stack.platformAdmin
  const platform = await signIn(stack.adminUrl, email, password).catch((error) => {
    if (error instanceof SignInError && error.status === 401) return undefined
    throw error
  })
  if (!platform) return undefined
  const kept = openKept(stack.dataDir)

  await ensureEnvironment(platform.client, stack)
  await orCreate(
    () => platform.client.tenancy.get({ tenant }),
    () => platform.client.tenancy.create({ name: tenant, title: 'Acme Books' }),
  )
  const people = await ensurePeople(platform, stack.adminUrl, kept.value.password)
  const enter = (role: Role) => signIn(stack.adminUrl, emailOf(role), kept.value.password)
  await ensureBookstore((await enter('owner')).client, stack)
  const developer = await enter('developer')
  const key = kept.value.key ?? (await issueKey(developer.client, stack.environment))
  kept.save({ ...kept.value, key })
  return {
    tenant,
    people: [{ role: 'platform-admin', email, password }, ...people],
    call: { url: `${stack.gatewayUrl}/bookstore/v1/books/bk_dune`, key },
  }
}

async function ensureEnvironment(client: Client, { environment: name, gatewayUrl }: Stack): Promise<void> {
  const { data } = await client.environments.list({})
  if (data.some((environment) => environment.name === name)) return
  await client.environments.create({ name, title: 'Production', production: true, gatewayUrl })
}

const names: Record<Role, string> = {
  owner: 'Olivia Owens',
  publisher: 'Paul Porter',
  approver: 'Anna Abbott',
  developer: 'Dev Desai',
  analyst: 'Ines Ito',
  operator: 'Omar Ortiz',
  auditor: 'Ada Adler',
}

const emailOf = (role: Role) => `${role}@acme.example`

async function ensurePeople({ client }: Person, adminUrl: string, password: string) {
  const { data } = await client.tenancy.members({ tenant, limit: 200 })
  const present = new Set(data.map((member) => member.user.email))
  const people: { role: Role; email: string; password: string }[] = []
  for (const role of roleSchema.options) {
    const email = emailOf(role)
    if (!present.has(email)) {
      const { secret } = await client.tenancy.invite({ tenant, email, role })
      await signUp(adminUrl, { email, password, name: names[role], invitation: secret })
    }
    people.push({ role, email, password })
  }
  return people
}

async function ensureBookstore(client: Client, { environment, upstreamUrl }: Stack): Promise<void> {
  const { versions } = await orCreate(
    () => client.apis.get({ tenant, api }),
    async () => {
      const text = readFileSync(join(root, 'examples/bookstore/openapi.yaml'), 'utf8')
      const imported = await client.imports.create({
        tenant,
        source: { kind: 'text', text },
        name: api,
        title: 'Bookstore',
        version: 'v1',
        basePath: '/bookstore/v1',
        upstreamUrls: [upstreamUrl],
      })
      return imported.api
    },
  )
  const [version] = versions
  if (!version) throw new Error('The demo API has no version: remove it in the portal and start again.')
  const product = await orCreate(
    () => client.products.get({ tenant, product: api }),
    () => client.products.create({ tenant, name: api, title: 'Bookstore', versions: [version.id] }),
  )
  const plans = [
    { name: 'free', title: 'Free', approval: 'auto', rate: { requests: 60, windowMs: 60_000 } },
    {
      name: 'gold',
      title: 'Gold',
      approval: 'manual',
      price: '€ 49 a month',
      rate: { requests: 600, windowMs: 60_000 },
      quota: { requests: 100_000, period: 'month' },
    },
  ] as const
  for (const plan of plans)
    if (!product.plans.some(({ name }) => name === plan.name))
      await client.products.createPlan({ tenant, product: api, ...plan })
  if (!version.deployments.some((deployment) => deployment.environment === environment))
    await client.publishing.publish(
      { tenant, api, apiVersion: version.name, environments: [environment], note: 'First publish' },
      { context: { idempotencyKey: 'demo-publish', waitMs } },
    )
}

/** The developer's two applications: one that calls on the free plan, one that waits for the gold plan's approval. */
async function issueKey(client: Client, environment: string): Promise<string> {
  const product = (await client.catalogue.get({ tenant, api })).versions[0]?.products[0]
  const planId = (name: string) => {
    const plan = product?.plans.find((candidate) => candidate.name === name)
    if (!plan) throw new Error(`The demo API has no plan "${name}" that a developer can see.`)
    return plan.id
  }
  await subscribe(client, { name: 'reading-list', title: 'Reading list', plan: planId('free'), note: '' })
  await subscribe(client, {
    name: 'price-watch',
    title: 'Price watch',
    plan: planId('gold'),
    note: 'We compare prices every minute and need the higher limit.',
  })
  const issued = await client.credentials.issue(
    { tenant, application: 'reading-list', environment, name: 'Demo key' },
    { context: { idempotencyKey: crypto.randomUUID(), waitMs } },
  )
  return issued.key
}

type Wish = { name: string; title: string; plan: Id<'pln'>; note: string }

async function subscribe(client: Client, { name, title, plan, note }: Wish): Promise<void> {
  const application = await orCreate(
    () => client.applications.get({ tenant, application: name }),
    () => client.applications.create({ tenant, name, title }),
  )
  if (application.subscriptionCount > 0) return
  await client.subscriptions.create(
    { tenant, application: name, plan, note },
    { context: { idempotencyKey: crypto.randomUUID(), waitMs } },
  )
}

async function orCreate<T>(get: () => Promise<T>, create: () => Promise<T>): Promise<T> {
  try {
    return await get()
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return create()
    throw error
  }
}

/** The demo's password and key, which no server can tell again: kept beside the data. */
function openKept(dataDir: string) {
  const path = join(dataDir, 'demo.json')
  const value: Kept = existsSync(path)
    ? JSON.parse(readFileSync(path, 'utf8'))
    : { password: `acme-${crypto.randomUUID().slice(0, 8)}` }
  const save = (next: Kept) => writeWhole(path, JSON.stringify(next))
  save(value)
  return { value, save }
}
