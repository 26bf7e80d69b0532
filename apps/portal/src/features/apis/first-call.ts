// The owner's first call: a plan, an application, a subscription and a key, then a request through the gateway.

import type { Route } from '@gatewright/shared/model/api'
import { client, csrfToken } from '../../api/client.ts'

export type CallStep = 'plan' | 'application' | 'subscription' | 'key' | 'call'

export interface Answer {
  status: number
  milliseconds: number
  requestId: string | null
  mediaType: string
  body: string
  isTruncated: boolean
  headers: ReadonlyArray<readonly [string, string]>
}

export interface FirstCall {
  applicationName: string | null
  planTitle: string | null
  key: string | null
  answer: Answer
}

export class NoPlan extends Error {}
export class StillPending extends Error {}

interface Wish {
  tenant: string
  environment: string
  versionId: string
  isPublic: boolean
  baseUrl: string
  path: string
  applicationTitle: string
  /** True for those who may approve: their own request then does not wait. */
  mayDecide: boolean
  /** A key made by an earlier press is used again. */
  key: string | null
  /** A key was made: it is shown once, so it must outlive a call that fails after it. */
  onKey(key: string): void
  onStep(step: CallStep, name: string): void
}

const shownChars = 4_000
/** A longer body is shown as it came. */
const prettyChars = 200_000

/** An operation that answers without parameters, best one first. */
export function callablePath(routes: readonly Route[]): string | undefined {
  const gets = routes.filter((route) => route.method === 'GET' && route.enabled && !route.path.includes('{'))
  return [...gets].sort(
    (a, b) => Number(a.deprecated) - Number(b.deprecated) || a.parameterCount - b.parameterCount,
  )[0]?.path
}

export async function callFirst(wish: Wish): Promise<FirstCall> {
  const { tenant, environment } = wish
  const offered = wish.isPublic ? undefined : await findPlan(tenant, wish.versionId)
  if (!wish.isPublic && !offered) throw new NoPlan()
  if (offered) wish.onStep('plan', offered.title)

  const application = await ownApplication(tenant, wish.applicationTitle)
  wish.onStep('application', application.title)
  if (offered) {
    await subscribe(tenant, application.id, offered.id, wish.mayDecide)
    wish.onStep('subscription', offered.title)
  }
  let key = wish.key
  if (offered && key === null) {
    const issued = await client.credentials.issue({
      tenant,
      application: application.id,
      environment,
      name: wish.applicationTitle,
    })
    key = issued.key
    wish.onKey(key)
    wish.onStep('key', issued.prefix)
  }
  const session = await client.tryIt.open({ tenant, application: application.id, environment })
  const answer = await callThrough(
    session,
    `${new URL(wish.baseUrl).pathname.replace(/\/$/, '')}${wish.path}`,
  )
  wish.onStep('call', String(answer.status))
  return { applicationName: application.title, planTitle: offered?.title ?? null, key, answer }
}

async function findPlan(tenant: string, versionId: string) {
  const { data } = await client.products.list({ tenant, limit: 200 })
  const plans = data
    .filter((product) => !product.archived && product.versions.some((version) => version.id === versionId))
    .flatMap((product) => product.plans.filter((plan) => !plan.archived))
  return plans.find((plan) => plan.approval === 'auto') ?? plans[0]
}

async function ownApplication(tenant: string, title: string) {
  const { data } = await client.applications.list({ tenant, owner: 'me', search: title, limit: 50 })
  return (
    data.find((application) => application.title === title) ?? client.applications.create({ tenant, title })
  )
}

async function subscribe(tenant: string, application: string, plan: `pln_${string}`, mayDecide: boolean) {
  const { data } = await client.subscriptions.list({ tenant, application, plan, limit: 50 })
  const held = data.find(
    (subscription) => subscription.state === 'active' || subscription.state === 'pending',
  )
  const subscription = held ?? (await client.subscriptions.create({ tenant, application, plan }))
  if (subscription.state === 'active') return
  if (!mayDecide) throw new StillPending()
  await client.subscriptions.decide({ tenant, subscriptions: [subscription.id], decision: 'approve' })
}

async function callThrough(session: { session: string; path: string }, path: string): Promise<Answer> {
  const csrf = csrfToken()
  const startedAt = performance.now()
  const response = await fetch(`${session.path.replace(/\/$/, '')}${path}`, {
    headers: { 'x-try-session': session.session, ...(csrf ? { 'x-csrf-token': csrf } : {}) },
    credentials: 'same-origin',
  })
  const body = await response.text()
  const milliseconds = performance.now() - startedAt
  const shown = pretty(body.slice(0, prettyChars))
  return {
    status: response.status,
    milliseconds,
    requestId: response.headers.get('x-request-id'),
    mediaType: response.headers.get('content-type') ?? '',
    body: shown.slice(0, shownChars),
    isTruncated: shown.length > shownChars,
    headers: [...response.headers.entries()],
  }
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

/** The command that does the same from a shell; quotes survive any path. */
export function curlOf(baseUrl: string, path: string, key: string | null): string {
  const url = `${baseUrl.replace(/\/$/, '')}${path}`
  const quoted = `'${url.replaceAll("'", `'\\''`)}'`
  return key === null ? `curl ${quoted}` : `curl ${quoted} \\\n  -H 'X-API-Key: ${key}'`
}
