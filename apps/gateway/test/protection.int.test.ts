// Lock-out and bot filter at real gateways that count together in a real Redis.
import { describe, expect, it, vi } from 'vitest'
import { credential, plan, policy, snapshotOf, version } from './documents.ts'
import { createRig, until } from './rig.ts'

vi.setConfig({ testTimeout: 90_000 })

describe('D6: lock-out', () => {
  it('holds at every gateway, whatever is sent then; other addresses go on, and events tell attempts apart', async () => {
    await using rig = await createRig()
    const upstream = await rig.startUpstream()
    const { key, hash, record } = credential('reports', ['ver_echo'])
    await rig.publisher.setCredential(hash, record)
    await rig.publisher.publish(
      snapshotOf(
        [
          version({
            upstreamUrls: [upstream.url],
            policies: [policy('lockout', { failures: 3 }), policy('bot-filter'), policy('api-key')],
          }),
        ],
        { plans: [plan('free', ['ver_echo'])] },
      ),
    )
    const env = { WORKERS: '1', TRUSTED_PROXIES: '127.0.0.0/8' }
    const [one, other] = await Promise.all([rig.startGateway(env), rig.startGateway(env)])
    await rig.publisher.live([one, other])
    const call = async (gateway: typeof one, sent: string, from = '192.0.2.1', agent = 'books-app/1') => {
      const headers = { 'X-API-Key': sent, 'X-Forwarded-For': from, 'User-Agent': agent }
      const reply = await gateway.call('/echo/things', { headers })
      return reply.status === 200 ? '200' : `${reply.status} ${reply.json().code}`
    }
    expect(await call(one, key)).toBe('200')
    expect(await call(other, key)).toBe('200')
    expect(await call(one, key, '192.0.2.1', 'sqlmap/1.7')).toBe('403 bot_blocked')
    for (let i = 0; i < 3; i++) expect(await call(one, `guess-${i}`)).toBe('401 credential_invalid')
    await until(async () => (await call(one, key)) === '429 client_locked_out', 'the first gateway locks')
    await until(async () => (await call(other, key)) === '429 client_locked_out', 'the other one locks')
    expect(await call(one, key, '192.0.2.2')).toBe('200')
    const attempts = async () =>
      new Set(
        (await rig.publisher.events()).flatMap(({ attempt }) => (attempt === undefined ? [] : [attempt])),
      )
    await until(async () => (await attempts()).size === 3, 'events tell three attempts apart')
  })
})
