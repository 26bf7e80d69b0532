// Tokens that a team issues itself, on three gateways: a client is made with an application, and what holds for keys holds for it.
import { spec as jwtSpec } from '@gatewright/shared/policies/jwt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { live, type Published, type Rig, startRig, tenant, untilTrue } from './rig.ts'

let rig: Rig
beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig?.[Symbol.asyncDispose]())

/** What the same call with a token is answered with at each gateway, past the balancer. */
const everywhere = (published: Published, token: string) =>
  Promise.all(
    rig.stack.gateways.map(async ({ url }) => {
      const answer = await fetch(`${url}${published.path}`, { headers: { authorization: `Bearer ${token}` } })
      const text = await answer.text()
      return answer.status === 200 ? '200' : `${answer.status} ${(JSON.parse(text) as { code: string }).code}`
    }),
  )

const all = (answer: string) => [answer, answer, answer]

async function tokenOf(issuer: string, client: { clientId: string; secret: string | null }, scope: string) {
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${client.clientId}:${client.secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope }),
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { access_token: string }).access_token
}

describe('the built-in authorisation server, on three gateways', () => {
  it('C3, C5 its tokens open what their application has subscribed to, and nothing two seconds after it has not', {
    timeout: 180_000,
  }, async () => {
    const { client } = rig.owner
    const server = await client.authorisationServer.update(
      {
        tenant,
        enabled: true,
        scopes: [{ name: 'books:read', title: 'Read books' }],
      },
      { context: { ifMatch: 0 } },
    )
    const issuers = [{ issuer: server.issuer, audiences: [server.audience] }]
    const published = await rig.publish('builtin', {
      versionPolicies: [
        {
          type: 'jwt',
          name: 'tokens',
          enabled: true,
          config: jwtSpec.config.parse({ issuers, scopesRequired: ['books:read'] }),
        },
      ],
    })
    const { id: application } = await client.applications.create({ tenant, title: 'Reports' })
    const made = await client.oauthClients.create(
      { tenant, application, environment: rig.stack.environment },
      { context: live() },
    )
    const token = await tokenOf(server.issuer, made, 'books:read')
    expect(await everywhere(published, token)).toEqual(all('403 subscription_missing'))
    const subscription = await client.subscriptions.create(
      { tenant, application, plan: published.planId as `pln_${string}` },
      { context: live() },
    )
    expect(await everywhere(published, token)).toEqual(all('200'))
    expect(await everywhere(published, await tokenOf(server.issuer, made, ''))).toEqual(
      all('403 insufficient_scope'),
    )

    // A new key: its tokens are good at once when it signs at once, those of the one before once keys were read again are not.
    await client.authorisationServer.rotateKeys({ tenant, now: true })
    const fresh = await tokenOf(server.issuer, made, 'books:read')
    expect(await everywhere(published, fresh)).toEqual(all('200'))

    const refused = (answer: string) => async () =>
      (await everywhere(published, fresh)).every((it) => it === answer)
    await client.subscriptions.decide({ tenant, subscriptions: [subscription.id], decision: 'suspend' })
    expect(await untilTrue(10_000, refused('403 subscription_suspended'))).toBeLessThan(2_000)
    await client.subscriptions.decide({ tenant, subscriptions: [subscription.id], decision: 'resume' })
    expect(await untilTrue(10_000, refused('200'))).toBeLessThan(2_000)
    await client.oauthClients.remove({ tenant, application, credential: made.id })
    expect(await untilTrue(10_000, refused('401 credential_revoked'))).toBeLessThan(2_000)
  })
})
