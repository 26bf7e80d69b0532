// What the catalogue asks: published APIs, one of them, its operations, and everything "Get access" does in one go.

import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { client, orpc } from '../../api/client.ts'
import { byCursor } from '../../api/rows.ts'
import { type CatalogueVersion, type Environment, heldFor, type Plan } from './plans.ts'

export interface CatalogueFilters {
  search?: string | undefined
  tag?: string | undefined
}

export const catalogueQuery = (tenant: string, filters: CatalogueFilters) =>
  orpc.catalogue.list.infiniteOptions({
    ...byCursor,
    input: (cursor) => ({ tenant, cursor, limit: 24, ...filters }),
  })

export const apiQuery = (tenant: string, api: string) =>
  orpc.catalogue.get.queryOptions({ input: { tenant, api } })

export const portalQuery = (tenant: string) =>
  orpc.catalogue.tenant.queryOptions({ input: { tenant }, staleTime: 300_000 })

export const operationsQuery = (tenant: string, api: string, apiVersion: string, search?: string) =>
  orpc.catalogue.operations.infiniteOptions({
    ...byCursor,
    input: (cursor) => ({ tenant, api, apiVersion, search, cursor, limit: 50 }),
  })

/** The applications this person may subscribe; signed out nobody asks. */
export const myApplicationsQuery = (tenant: string) =>
  orpc.applications.list.queryOptions({ input: { tenant, owner: 'me', limit: 200 } })

type Application = Awaited<ReturnType<typeof client.applications.get>>

/** The subscriptions that cover an API, of whatever state: which applications may call it, or wait for it. */
export const subscriptionsQuery = (tenant: string, api: string) =>
  orpc.subscriptions.list.queryOptions({ input: { tenant, api, limit: 200 } })

export interface Grant {
  application: { id: string; name: string; title: string }
  environment: Environment
  state: 'active' | 'pending'
  key: string
}

/** Application (if new) → subscription, or its move to this plan → key; each step waits until every gateway knows it, so the key works when it is seen. */
export function useGetAccess(tenant: string) {
  const queryClient = useQueryClient()
  // Applications have no idempotency key: one that an earlier, failed press made is used by the next.
  const made = useRef(new Map<string, Application>())
  return useMutation({
    mutationFn: async (wish: {
      application: { id: string } | { title: string }
      plan: Plan
      /** Of the plan. */
      product: string | undefined
      environment: Environment
      note: string
      keyOf(step: unknown): string
    }): Promise<Grant> => {
      const application =
        'id' in wish.application
          ? await client.applications.get({ tenant, application: wish.application.id })
          : (made.current.get(wish.application.title) ??
            (await client.applications.create({ tenant, title: wish.application.title })))
      if (!('id' in wish.application)) made.current.set(wish.application.title, application)
      const subscriptions = await client.subscriptions.list({
        tenant,
        application: application.id,
        limit: 200,
      })
      const held = heldFor(subscriptions.data, application.id, wish.product)
      const subscribe = { tenant, application: application.id, plan: wish.plan.id, note: wish.note }
      const subscription = !held
        ? await client.subscriptions.create(subscribe, {
            context: { idempotencyKey: wish.keyOf({ subscribe }) },
          })
        : held.plan.id === wish.plan.id
          ? held
          : await client.subscriptions.changePlan({
              tenant,
              subscription: held.id,
              plan: wish.plan.id,
              note: wish.note,
            })
      const issue = { tenant, application: application.id, environment: wish.environment.name }
      const issued = await client.credentials.issue(issue, {
        context: { idempotencyKey: wish.keyOf({ issue }) },
      })
      made.current.clear()
      return {
        application,
        environment: wish.environment,
        state: subscription.state === 'active' ? 'active' : 'pending',
        key: issued.key,
      }
    },
    onSettled: () => {
      for (const noun of [orpc.applications, orpc.subscriptions, orpc.credentials]) {
        void queryClient.invalidateQueries({ queryKey: noun.key() })
      }
    },
  })
}

export interface FirstCall {
  method: string
  path: string
  /** The operation's code sample with a place for the key. */
  curl: string | undefined
}

/** The operation to try first: one that reads and needs no path parameter, if there is one. */
export const firstCallQuery = (tenant: string, api: string, version: CatalogueVersion, environment: string) =>
  queryOptions({
    queryKey: ['first-call', tenant, api, version.id, environment],
    staleTime: 60_000,
    queryFn: async (): Promise<FirstCall | null> => {
      const page = await client.catalogue.operations({ tenant, api, apiVersion: version.name, limit: 200 })
      const reads = page.data.filter((operation) => operation.method === 'GET' && !operation.deprecated)
      const chosen = reads.find((operation) => !operation.path.includes('{')) ?? reads[0] ?? page.data[0]
      if (!chosen) return null
      const samples = await client.catalogue.samples({
        tenant,
        api,
        apiVersion: version.name,
        route: chosen.id,
        environment,
      })
      return {
        method: chosen.method,
        path: chosen.path,
        curl: samples.data.find((sample) => sample.language === 'curl')?.code,
      }
    },
  })

export interface TestCall {
  status: number
  milliseconds: number
  requestId: string | null
  body: string
}

/** One call through the same-origin try-it proxy, with the application's own access. */
export function useTestCall(tenant: string) {
  return useMutation({
    mutationFn: async (call: {
      application: string
      environment: Environment
      method: string
      path: string
    }): Promise<TestCall> => {
      const session = await client.tryIt.open({
        tenant,
        application: call.application,
        environment: call.environment.name,
      })
      const base = new URL(call.environment.baseUrl).pathname.replace(/\/$/, '')
      const started = performance.now()
      const response = await fetch(`${session.path}${base}${call.path}`, {
        method: call.method,
        headers: { 'x-try-session': session.session },
      })
      const body = await response.text()
      return {
        status: response.status,
        milliseconds: performance.now() - started,
        requestId: response.headers.get('x-request-id'),
        body: pretty(body),
      }
    },
  })
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
