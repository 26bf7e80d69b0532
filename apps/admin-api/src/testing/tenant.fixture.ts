// A tenant with one of everything, so that tests can try to reach each thing from outside.
import type { Caller, TestApp } from './app.fixture.ts'

export interface FullTenant {
  readonly name: string
  readonly owner: Caller
  /** What stands in the path of an operation, by parameter name. */
  readonly params: Readonly<Record<string, string>>
  /** Words that appear nowhere outside this tenant. */
  readonly secrets: readonly string[]
}

interface WithId {
  readonly id: string
}

const document = (title: string) =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title, version: '1.0.0', description: `About ${title}` },
    paths: { '/things': { get: { summary: `List ${title}`, responses: { 200: { description: 'ok' } } } } },
  })

export const once = () => ({ 'idempotency-key': crypto.randomUUID() })

/** Creates `name` with an API that is published to `environment`, a product, an application and a key. */
export async function createFullTenant(app: TestApp, name: string, environment: string): Promise<FullTenant> {
  const word = `secret${name}${crypto.randomUUID().slice(0, 8)}`
  const owner = await app.signUp(`owner-${word}@example.com`, { create: { name, title: name } })
  const at = `/tenants/${name}`
  const imported = await owner.must<{ api: WithId; apiVersion: WithId }>('POST', `${at}/imports`, {
    body: {
      source: { kind: 'text', text: document(`${word} api`) },
      name: `${name}-api`,
      title: `${word} api`,
      basePath: `/${name}-api`,
      upstreamUrls: [`http://${word}.example.com`],
      visibility: { kind: 'members' },
      plan: { title: `${word} plan` },
    },
  })
  const version = `${at}/apis/${imported.api.id}/versions/${imported.apiVersion.id}`
  await owner.must('POST', `${version}/publish`, { body: { environments: [environment] }, headers: once() })
  const routes = await owner.must<{ data: WithId[] }>('GET', `${version}/routes`)
  const products = await owner.must<{ data: (WithId & { plans: WithId[] })[] }>('GET', `${at}/products`)
  const application = await owner.must<WithId>('POST', `${at}/applications`, {
    body: { name: `${name}-app`, title: `${word} application` },
  })
  const share = await shareWithFriend(app, owner, name, imported.api.id)
  const [product] = products.data
  const plan = product?.plans[0]?.id ?? ''
  const subscription = await owner.must<WithId>('POST', `${at}/subscriptions`, {
    body: { application: application.id, plan, note: `${word} note` },
    headers: once(),
  })
  const credential = await owner.must<WithId>('POST', `${at}/applications/${application.id}/credentials`, {
    body: { environment, name: `${word} key` },
    headers: once(),
  })
  const invitation = await owner.must<WithId>('POST', `${at}/invitations`, {
    body: { email: `invited-${word}@example.com`, role: 'analyst' },
  })
  const role = await owner.must<WithId>('POST', `${at}/roles`, {
    body: { name: `${name}-role`, title: `${word} role`, permissions: ['tenant:read'] },
  })
  await owner.must('PUT', `${at}/blocks`, {
    body: {
      source: 'fixture',
      blocks: [{ kind: 'credential', value: credential.id, reason: `${word} reason` }],
    },
  })
  const blocks = await owner.must<{ data: WithId[] }>('GET', `${at}/blocks`)
  const members = await owner.must<{ data: WithId[] }>('GET', `${at}/members`)
  return {
    name,
    owner,
    params: {
      tenant: name,
      api: imported.api.id,
      share: share.id,
      apiVersion: imported.apiVersion.id,
      route: routes.data[0]?.id ?? '',
      upstream: 'default',
      environment,
      product: product?.id ?? '',
      plan,
      application: application.id,
      subscription: subscription.id,
      credential: credential.id,
      invitation: invitation.id,
      role: role.id,
      member: members.data[0]?.id ?? '',
      scope: 'version',
      scopeId: imported.apiVersion.id,
      block: blocks.data[0]?.id ?? '',
      number: '1',
      request: 'req_0000000000000000000000',
      session: 'ses_0000000000000000000000',
      provider: 'idp_0000000000000000000000',
      sink: 'snk_0000000000000000000000',
      server: name,
      authorisation: 'unknown-authorisation-000',
      resourceServer: 'ocl_0000000000000000000000',
      finding: 'fnd_0000000000000000000000',
      token: 'pat_0000000000000000000000',
    },
    secrets: [word],
  }
}

/** Every full tenant shares its API with a third one, which none of them is a member of. */
async function shareWithFriend(app: TestApp, owner: Caller, tenant: string, api: string): Promise<WithId> {
  const admin = await app.admin()
  const friend = await admin.send('GET', '/tenants/friend')
  if (friend.status === 404)
    await admin.must('POST', '/tenants', { body: { name: 'friend', title: 'Friend' } })
  return owner.must<WithId>('POST', `/tenants/${tenant}/apis/${api}/shares`, { body: { team: 'friend' } })
}
