// Keys and subscriptions as three gateways see them: each state its own code, every change true everywhere within 2 s.
import { join } from 'node:path'
import { accessStream, credentialsKey, headKey } from '@gatewright/shared/channels'
import { createKey } from '@gatewright/shared/key'
import type { CredentialRecord } from '@gatewright/shared/policies/policy'
import { describe, expect, it, vi } from 'vitest'
import { credential, environment, plan, policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig, type TestGateway, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

async function guarded(rig: Rig, count = 3, apiKey: Record<string, unknown> = {}) {
  const upstream = await rig.startUpstream()
  await rig.publisher.publish(
    snapshotOf([version({ upstreamUrls: [upstream.url], policies: [policy('api-key', apiKey)] })], {
      plans: [plan('free', ['ver_echo'])],
    }),
  )
  const gateways = await Promise.all(Array.from({ length: count }, () => rig.startGateway()))
  await rig.publisher.live(gateways)
  const [gateway] = gateways
  if (!gateway) throw new Error('no gateway')
  return { upstream, gateways, gateway }
}

const withKey = (gateway: TestGateway, key: string) =>
  gateway.call('/echo/things', { headers: { 'X-API-Key': key } })

/** What every gateway says of a key; several times each, so that every worker of each has answered. */
async function everywhere(gateways: readonly TestGateway[], key: string): Promise<Set<string>> {
  const answers = await Promise.all(
    gateways.flatMap((gateway) => Array.from({ length: 8 }, () => withKey(gateway, key))),
  )
  return new Set(answers.map((answer) => (answer.status === 200 ? '200' : String(answer.json().code))))
}

const withState = (record: CredentialRecord, state: CredentialRecord['subscriptions'][number]['state']) => ({
  ...record,
  subscriptions: record.subscriptions.map((subscription) => ({ ...subscription, state })),
})

describe('C1: keys', () => {
  it('each way a key can be wrong has its own code; the upstream never sees a key', async () => {
    await using rig = await createRig()
    const { upstream, gateway } = await guarded(rig, 1)
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    const codeFor = async (headers: Record<string, string>) => {
      const reply = await gateway.call('/echo/things', { headers })
      return [reply.status, reply.json().code]
    }
    expect(await codeFor({})).toEqual([401, 'credential_missing'])
    expect(await codeFor({ 'X-API-Key': 'letmein' })).toEqual([401, 'credential_invalid'])
    expect(await codeFor({ 'X-API-Key': `${app.key.slice(0, -1)}#` })).toEqual([401, 'credential_invalid'])
    expect(await codeFor({ 'X-API-Key': createKey('prod') })).toEqual([401, 'credential_invalid'])
    expect(await codeFor({ 'X-API-Key': createKey('test') })).toEqual([403, 'credential_other_environment'])
    const missing = await gateway.call('/echo/things')
    expect(missing.headers['www-authenticate']).toBe('ApiKey realm="gatewright", header="x-api-key"')

    expect((await withKey(gateway, app.key)).status).toBe(200)
    const [seen] = upstream.seen
    expect(seen?.headers['x-api-key']).toBeUndefined()
    expect(seen?.headers).toMatchObject({
      'x-consumer-application': 'app',
      'x-consumer-application-id': 'app_app',
      'x-consumer-plan': 'free',
      'x-consumer-subscription-id': 'sub_app',
      'x-consumer-credential-id': 'key_app',
    })
    await gateway.call('/echo/things', { headers: { 'X-API-Key': app.key, 'X-Consumer-Plan': 'premium' } })
    expect(upstream.seen[1]?.headers['x-consumer-plan']).toBe('free')
  })

  it('a key may come in a query parameter or a cookie where that is switched on, and is taken out there too', async () => {
    await using rig = await createRig()
    const { upstream, gateway } = await guarded(rig, 1, { header: null, query: 'key', cookie: 'api_key' })
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    expect((await gateway.call(`/echo/things?a=1&key=${app.key}&b=2`)).status).toBe(200)
    const cookies = { Cookie: `theme=dark; api_key=${app.key}; lang=de` }
    expect((await gateway.call('/echo/things', { headers: cookies })).status).toBe(200)
    expect((await withKey(gateway, app.key)).json()).toMatchObject({ code: 'credential_missing' })
    expect(upstream.seen[0]?.url).toBe('/things?a=1&b=2')
    expect(upstream.seen[1]?.headers.cookie).toBe('theme=dark; lang=de')
  })

  it('a new key works, a revoked one is refused, on every worker of three gateways in under 2 s, also without wake-ups', async () => {
    await using rig = await createRig()
    const { gateways } = await guarded(rig)
    const app = credential('app', ['ver_echo'])
    // Asked for before it exists: what was remembered of that must go.
    expect(await everywhere(gateways, app.key)).toEqual(new Set(['credential_invalid']))
    await rig.publisher.setCredential(app.hash, app.record)
    await rig.publisher.live(gateways)
    expect(await everywhere(gateways, app.key)).toEqual(new Set(['200']))

    const revokedAt = performance.now()
    await rig.publisher.setCredential(app.hash, { ...app.record, state: 'revoked' }, { wake: false })
    await rig.publisher.live(gateways)
    expect(performance.now() - revokedAt).toBeLessThan(2_000)
    expect(await everywhere(gateways, app.key)).toEqual(new Set(['credential_revoked']))
  })

  it('an expired key is refused from its last moment on', async () => {
    await using rig = await createRig()
    const { gateway } = await guarded(rig, 1)
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, { ...app.record, expiresAt: Date.now() - 1 })
    expect((await withKey(gateway, app.key)).json()).toMatchObject({ code: 'credential_expired' })
  })

  it('200 changes with waiting: the call after each is answered right by every gateway', async () => {
    await using rig = await createRig()
    const { gateways } = await guarded(rig)
    const wrong: string[] = []
    for (let i = 0; i < 100; i++) {
      const app = credential(`app-${i}`, ['ver_echo'])
      await rig.publisher.setCredential(app.hash, app.record)
      await rig.publisher.live(gateways)
      for (const gateway of gateways) {
        const { status } = await withKey(gateway, app.key)
        if (status !== 200) wrong.push(`${i}: ${status} after create`)
      }
      await rig.publisher.setCredential(app.hash, { ...app.record, state: 'revoked' })
      await rig.publisher.live(gateways)
      for (const gateway of gateways) {
        const { status } = await withKey(gateway, app.key)
        if (status !== 401) wrong.push(`${i}: ${status} after revoke`)
      }
    }
    expect(wrong).toEqual([])
  })
})

describe('C13 C14 C15: groups and rules', () => {
  it('C15 a caller who may read gets 200, and 403 for a delete, until they are in the group that may; everywhere in 2 s', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const acl = policy('acl', { rules: [{ methods: ['GET'] }, { groups: ['editors'] }] })
    const rules = policy('cedar', {
      policies: `@id("all") permit (principal, action, resource);
        @id("not-from-there") forbid (principal, action, resource) when { context.headers has "x-region" && context.headers["x-region"] == "there" };`,
      headers: ['x-region'],
    })
    const api = version({
      upstreamUrls: [upstream.url],
      policies: [policy('api-key'), acl, rules],
      routes: ['GET /things', 'DELETE /things'],
    })
    await rig.publisher.publish(snapshotOf([api], { plans: [plan('free', ['ver_echo'])] }))
    const gateways = await Promise.all([rig.startGateway(), rig.startGateway()])
    await rig.publisher.live(gateways)
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    await rig.publisher.live(gateways)
    const call = async (gateway: TestGateway, method: string, headers = {}) => {
      const reply = await gateway.call('/echo/things', {
        method,
        headers: { 'X-API-Key': app.key, ...headers },
      })
      return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
    }
    const everyone = async (method: string) =>
      new Set(
        await Promise.all(
          gateways.flatMap((gateway) => Array.from({ length: 8 }, () => call(gateway, method))),
        ),
      )
    expect(await everyone('GET')).toEqual(new Set(['200']))
    expect(await everyone('DELETE')).toEqual(new Set(['403 operation_not_granted']))
    const changedAt = performance.now()
    await rig.publisher.setCredential(app.hash, { ...app.record, groups: ['editors'] })
    await rig.publisher.live(gateways)
    expect(performance.now() - changedAt).toBeLessThan(2_000)
    expect(await everyone('DELETE')).toEqual(new Set(['200']))
    const [gateway] = gateways
    const denied = await gateway.call('/echo/things', {
      headers: { 'X-API-Key': app.key, 'X-Region': 'there' },
    })
    expect(denied.json()).toMatchObject({ code: 'rules_refused', rules: ['not-from-there'], status: 403 })
    expect(upstream.seen.every(({ headers }) => headers['x-region'] !== 'there')).toBe(true)
  })
})

describe('C16: subscriptions', () => {
  it('403 before approval, 200 after it, 403 after it ends; each state says its name', async () => {
    await using rig = await createRig()
    const { gateways } = await guarded(rig)
    const app = credential('app', ['ver_echo'])
    const steps = [
      ['pending', 'subscription_pending'],
      ['active', '200'],
      ['suspended', 'subscription_suspended'],
      ['active', '200'],
      ['cancelled', 'subscription_cancelled'],
      ['rejected', 'subscription_rejected'],
    ] as const
    for (const [state, expected] of steps) {
      const changedAt = performance.now()
      await rig.publisher.setCredential(app.hash, withState(app.record, state))
      await rig.publisher.live(gateways)
      expect(performance.now() - changedAt).toBeLessThan(2_000)
      expect(await everywhere(gateways, app.key)).toEqual(new Set([expected]))
    }
    await rig.publisher.setCredential(app.hash, { ...app.record, subscriptions: [] })
    await rig.publisher.live(gateways)
    expect(await everywhere(gateways, app.key)).toEqual(new Set(['subscription_missing']))
  })

  it('a plan that the configuration no longer sells for this API admits nobody', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const limited = [policy('rate-limit', { limit: 100 })]
    const api = version({ upstreamUrls: [upstream.url], policies: [policy('api-key')] })
    await rig.publisher.publish(snapshotOf([api], { plans: [plan('gold', ['ver_echo'], limited)] }))
    const gateway = await rig.startGateway()
    const app = credential('app', ['ver_echo'], 'free')
    await rig.publisher.setCredential(app.hash, app.record)
    await rig.publisher.live([gateway])
    expect((await withKey(gateway, app.key)).json()).toMatchObject({ code: 'subscription_missing' })
  })
})

it('C1: a gateway that missed changes which are no longer in the stream forgets all it knew', async () => {
  await using rig = await createRig()
  const { gateway, gateways } = await guarded(rig, 1)
  const app = credential('app', ['ver_echo'])
  await rig.publisher.setCredential(app.hash, app.record)
  await rig.publisher.live(gateways)
  expect(await everywhere(gateways, app.key)).toEqual(new Set(['200']))
  // Revoked and followed by others; the stream keeps only the newest entry, and the gateway has heard of none.
  const other = credential('other', ['ver_echo'])
  const { client } = rig.redis
  await client.hset(
    credentialsKey(environment),
    app.hash,
    JSON.stringify({ ...app.record, state: 'revoked' }),
  )
  await client.hset(credentialsKey(environment), 'revision', 3)
  await client
    .multi()
    .xadd(accessStream(environment), '3-0', 'hash', other.hash)
    .xtrim(accessStream(environment), 'MAXLEN', 1)
    .set(headKey(environment), JSON.stringify({ ...(await rig.publisher.head()), accessRevision: 3 }))
    .exec()
  await until(
    async () => (await rig.publisher.reports())[0]?.accessRevision === 3,
    'the gateway has followed',
  )
  expect((await withKey(gateway, app.key)).json()).toMatchObject({ code: 'credential_revoked' })
})

describe('I11: without Redis', () => {
  it('known keys keep working, unknown ones are 503, and both after a restart of the gateway', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], policies: [policy('api-key')] })]),
    )
    const [known, unknown, revoked] = ['known', 'unknown', 'revoked'].map((name) =>
      credential(name, ['ver_echo']),
    )
    if (!known || !unknown || !revoked) throw new Error('three keys')
    for (const { hash, record } of [known, unknown, revoked]) await rig.publisher.setCredential(hash, record)
    const folder = join(rig.folder, 'kept')
    const first = await rig.startGateway({ DATA_DIR: folder })
    await rig.publisher.live([first])
    expect(await everywhere([first], known.key)).toEqual(new Set(['200']))
    expect(await everywhere([first], revoked.key)).toEqual(new Set(['200']))
    await rig.publisher.setCredential(revoked.hash, { ...revoked.record, state: 'revoked' })
    await rig.publisher.live([first])
    await rig.redis.stop()
    expect(await everywhere([first], known.key)).toEqual(new Set(['200']))
    expect(await everywhere([first], unknown.key)).toEqual(new Set(['credentials_unavailable']))
    await first.kill()
    const second = await rig.startGateway({ DATA_DIR: folder })
    expect(await everywhere([second], known.key)).toEqual(new Set(['200']))
    expect(await everywhere([second], unknown.key)).toEqual(new Set(['credentials_unavailable']))
    // What was revoked while this gateway watched does not come back to life.
    expect(await everywhere([second], revoked.key)).toEqual(new Set(['credentials_unavailable']))
    await rig.redis.start()
    const works = async () => [...(await everywhere([second], unknown.key))].join() === '200'
    await until(works, 'unknown keys are found again', 2_000)
  })

  it('a Redis that went back in time makes no revoked key valid, also not for a gateway that starts then', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    await rig.publisher.publish(
      snapshotOf([version({ upstreamUrls: [upstream.url], policies: [policy('api-key')] })]),
    )
    const app = credential('app', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    const folder = join(rig.folder, 'kept')
    const first = await rig.startGateway({ DATA_DIR: folder })
    await rig.publisher.live([first])
    expect(await everywhere([first], app.key)).toEqual(new Set(['200']))
    const { client } = rig.redis
    const [records, head] = [
      await client.hgetall(credentialsKey(environment)),
      await client.get(headKey(environment)),
    ]
    await rig.publisher.setCredential(app.hash, { ...app.record, state: 'revoked' })
    await rig.publisher.live([first])
    expect(await everywhere([first], app.key)).toEqual(new Set(['credential_revoked']))
    await first.kill()
    await client.hset(credentialsKey(environment), records)
    await client.set(headKey(environment), head ?? '')
    const second = await rig.startGateway({ DATA_DIR: folder })
    expect(await everywhere([second], app.key)).toEqual(new Set(['credential_revoked']))
  })

  it('a Redis that lost its data makes no key invalid', async () => {
    await using rig = await createRig()
    const { gateways } = await guarded(rig, 1)
    const app = credential('app', ['ver_echo'])
    const other = credential('other', ['ver_echo'])
    await rig.publisher.setCredential(app.hash, app.record)
    await rig.publisher.live(gateways)
    expect(await everywhere(gateways, app.key)).toEqual(new Set(['200']))
    await rig.redis.client.flushall()
    expect(await everywhere(gateways, app.key)).toEqual(new Set(['200']))
    expect(await everywhere(gateways, other.key)).toEqual(new Set(['credentials_unavailable']))
    // Restored by its publisher: everything is as before, and known again.
    await rig.publisher.setCredential(other.hash, other.record)
    await rig.publisher.setCredential(app.hash, app.record)
    await rig.publisher.live(gateways)
    expect(await everywhere(gateways, other.key)).toEqual(new Set(['200']))
  })
})
