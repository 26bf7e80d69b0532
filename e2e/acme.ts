// What a journey finds when it begins: APIs, applications and keys of the demo tenant, made over the API.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Id } from '@gatewright/shared/ids'
import type { CallContext, Client } from '../packages/cli/src/client.ts'
import { type Person, signIn, signUp } from '../scripts/stack/session.ts'
import { type Role, stack } from './browser.ts'

export const { tenant } = stack.demo
export const { environment } = stack

/** Context of a write that every gateway must know when it returns. */
export function live(): CallContext {
  return { waitMs: 15_000, idempotencyKey: crypto.randomUUID() }
}

const people = new Map<Role, Promise<Person>>()

export async function clientOf(role: Role): Promise<Client> {
  const account = stack.demo.people.find((candidate) => candidate.role === role)
  if (!account) throw new Error(`The demo has no ${role}.`)
  const person = people.get(role) ?? signIn(stack.adminUrl, account.email, account.password)
  people.set(role, person)
  return (await person).client
}

export type Account = { email: string; password: string; name: string }

export function newAccount(name: string): Account {
  const email = `${crypto.randomUUID().slice(0, 8)}@readers.example`
  return { name, email, password: `a sentence of ${crypto.randomUUID().slice(0, 8)}` }
}

/** Someone who signs up by themselves, as developers do. */
export function joinAs(account: Account): Promise<Person> {
  return signUp(stack.adminUrl, { ...account, join: tenant })
}

export type Published = {
  api: string
  title: string
  versionId: Id<'ver'>
  planId: Id<'pln'>
  url: string
  paths: string[]
}

/** The bookstore's document under a name and path that no other API has, protected by a key, with one plan. */
export async function publishApi(
  word: string,
  { approval = 'auto' as 'auto' | 'manual', document = bookstoreDocument() } = {},
): Promise<Published> {
  const client = await clientOf('owner')
  const title = `${word} ${crypto.randomUUID().slice(0, 4)}`
  const name = title.toLowerCase().replace(' ', '-')
  const { apiVersion } = await client.imports.create({
    tenant,
    source: { kind: 'text', text: document },
    name,
    title,
    version: 'v1',
    basePath: `/${name}`,
    upstreamUrls: [stack.upstreamUrl],
  })
  await client.products.create({ tenant, name, title, versions: [apiVersion.id] })
  const plan = await client.products.createPlan({
    tenant,
    product: name,
    name: 'plan',
    title: 'Plan',
    approval,
    rate: { requests: 10_000, windowMs: 60_000 },
  })
  await publish(name)
  const path = `/${name}/books/bk_dune`
  return {
    api: name,
    title,
    versionId: apiVersion.id,
    planId: plan.id,
    url: `${stack.gatewayUrl}${path}`,
    paths: stack.gatewayUrls.map((gateway) => `${gateway}${path}`),
  }
}

export function bookstoreDocument(): string {
  return readFileSync(join(import.meta.dirname, '../examples/bookstore/openapi.yaml'), 'utf8')
}

export async function publish(api: string, note = 'By a test'): Promise<void> {
  const client = await clientOf('owner')
  await client.publishing.publish(
    { tenant, api, apiVersion: 'v1', environments: [environment], note },
    { context: live() },
  )
}

/** An application that asked for the plan, with a key. */
export async function subscribe(client: Client, planId: Id<'pln'>, title: string) {
  const { id: application, name } = await client.applications.create({ tenant, title })
  const subscription = await client.subscriptions.create(
    { tenant, application, plan: planId, note: `${title} asks` },
    { context: live() },
  )
  const issued = await client.credentials.issue({ tenant, application, environment }, { context: live() })
  return { application, name, subscription: subscription.id, key: issued.key }
}

export type Answer = { status: number; requestId: string; headers: Headers; body: string }

export async function call(url: string, key?: string): Promise<Answer> {
  const response = await fetch(url, { headers: key === undefined ? {} : { 'x-api-key': key } })
  const body = await response.text()
  return {
    status: response.status,
    requestId: response.headers.get('x-request-id') ?? '',
    headers: response.headers,
    body,
  }
}

/** Asks until it is so; answers after how many seconds it was. */
export async function until(seconds: number, ask: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const isSo = await ask()
    const passed = (performance.now() - startedAt) / 1000
    if (isSo) return passed
    if (passed > seconds) throw new Error(`not so within ${seconds} s: ${ask}`)
    // The admin API counts what a person asks in a minute.
    await delay(50)
  }
}

/** Calls all the time from many sides, and keeps what was answered, until it is told to end. */
export function watch(urls: readonly string[], key?: string, everyMs = 25) {
  const statuses = new Map<string, number[]>(urls.map((url) => [url, []]))
  let isOver = false
  const loops = urls.map(async (url) => {
    while (!isOver) {
      statuses.get(url)?.push((await call(url, key)).status)
      await delay(everyMs)
    }
  })
  return {
    async end(): Promise<Map<string, number[]>> {
      isOver = true
      await Promise.all(loops)
      return statuses
    },
  }
}
