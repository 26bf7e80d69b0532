// Keys as user name and password at a real gateway, as old clients send them.
import { keyHint } from '@gatewright/shared/key'
import { expect, it, vi } from 'vitest'
import { credential, plan, policy, snapshotOf, version } from './documents.ts'
import { createRig, until } from './rig.ts'

// Several processes start, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

it('C1: a key as user name and password is who calls, beside keys in a header, until it is revoked', async () => {
  await using rig = await createRig()
  const upstream = await rig.startUpstream()
  const app = credential('app', ['ver_echo'])
  await rig.publisher.setCredential(app.hash, app.record)
  const policies = [policy('api-key'), policy('basic')]
  await rig.publisher.publish(
    snapshotOf([version({ upstreamUrls: [upstream.url], policies })], {
      plans: [plan('free', ['ver_echo'])],
    }),
  )
  const gateway = await rig.startGateway({ WORKERS: '1' })
  await rig.publisher.live([gateway])
  const send = async (pair: string) => {
    const reply = await gateway.call('/echo/things', { headers: { Authorization: `Basic ${btoa(pair)}` } })
    return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
  }
  const good = `${keyHint(app.key).prefix}:${app.key}`
  expect(await send(good)).toBe('200')
  expect(upstream.seen.at(-1)?.headers).toMatchObject({ 'x-consumer-application': 'app' })
  expect(upstream.seen.at(-1)?.headers).not.toHaveProperty('authorization')
  expect(await send(`root:${app.key}`)).toBe('401 credential_invalid')
  expect((await gateway.call('/echo/things', { headers: { 'X-API-Key': app.key } })).status).toBe(200)
  const nobody = await gateway.call('/echo/things')
  expect(nobody.headers['www-authenticate']).toMatch(/ApiKey .*Basic realm="gatewright", charset="UTF-8"/)
  await rig.publisher.setCredential(app.hash, { ...app.record, state: 'revoked' })
  await until(async () => (await send(good)) === '401 credential_revoked', 'the key is refused')
})
