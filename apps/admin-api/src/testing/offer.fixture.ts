// A tenant with a published API, a product and its plans, over HTTP: where tests of access and of the portal begin.
import type { Caller, TestApp } from './app.fixture.ts'

export const sampleDocument = `openapi: 3.1.0
info: { title: Books, version: 1.2.0, description: Every book there is }
servers: [{ url: https://backend.internal.example/api }]
paths:
  /books:
    get:
      operationId: listBooks
      summary: List the volumes on the shelf
      tags: [reading]
      parameters: [{ name: author, in: query, schema: { type: string }, example: Le Guin }]
      responses: { '200': { description: Books, content: { application/json: { example: [{ title: Dune }] } } } }
    post:
      operationId: addBook
      summary: Add one
      requestBody: { content: { application/json: { schema: { type: object }, example: { title: Emma } } } }
      responses: { '201': { description: Made } }
  /books/{id}:
    get:
      operationId: getBook
      parameters: [{ name: id, in: path, required: true, schema: { type: string }, example: bk_1 }]
      responses: { '200': { description: A book } }
`

export interface Offer {
  readonly owner: Caller
  readonly tenant: string
  readonly versionId: string
  readonly planId: string
  readonly manualPlanId: string
}

interface Id {
  readonly id: string
}

/** Imports and publishes the sample as `books` v1 of a new tenant, to an environment that is made when it is missing. */
export async function createOffer(
  app: TestApp,
  tenant: string,
  { environment = 'prod', visibility = { kind: 'public' } as object, basePath = `/${tenant}/books` } = {},
): Promise<Offer> {
  const admin = await app.admin()
  const { data } = await admin.must<{ data: { name: string }[] }>('GET', '/environments')
  if (!data.some(({ name }) => name === environment)) {
    const gatewayUrl = 'http://gateway.example'
    await admin.must('POST', '/environments', { body: { name: environment, title: environment, gatewayUrl } })
  }
  const owner = await app.signUp(`owner@${tenant}.example`, { create: { name: tenant, title: tenant } })
  const { apiVersion } = await owner.must<{ apiVersion: Id }>('POST', `/tenants/${tenant}/imports`, {
    body: {
      source: { kind: 'text', text: sampleDocument },
      name: 'books',
      title: 'Books',
      version: 'v1',
      basePath,
      upstreamUrls: ['https://backend.internal.example/api'],
      visibility,
    },
  })
  const product = { name: 'books', title: 'Books', versions: [apiVersion.id] }
  await owner.must('POST', `/tenants/${tenant}/products`, { body: product })
  const plans = `/tenants/${tenant}/products/books/plans`
  const free = { name: 'free', title: 'Free', rate: { requests: 60, windowMs: 60_000 } }
  const gold = { name: 'gold', title: 'Gold', approval: 'manual', quota: { requests: 1000, period: 'month' } }
  const plan = await owner.must<Id>('POST', plans, { body: free })
  const manualPlan = await owner.must<Id>('POST', plans, { body: gold })
  await owner.must('POST', `/tenants/${tenant}/apis/books/versions/v1/publish`, {
    body: { environments: [environment] },
    headers: onceOnly(),
  })
  return { owner, tenant, versionId: apiVersion.id, planId: plan.id, manualPlanId: manualPlan.id }
}

/** Header of a request that must not be mistaken for another. */
export function onceOnly(): Record<string, string> {
  return { 'idempotency-key': crypto.randomUUID() }
}
