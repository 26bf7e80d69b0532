// Secrets in Vault at a real gateway of two workers: new values without an interruption, Vault away, and references that lead nowhere.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { startVault } from '../src/testing/vault.fixture.ts'
import { plan, policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig, until } from './rig.ts'

// Several processes start in each test, on machines that do other things as well.
vi.setConfig({ testTimeout: 90_000 })

const path = 'secret/data/books/backend'

async function open(rig: Rig, settings: Record<string, string> = {}) {
  const vault = await startVault()
  vault.issue('hvs.gateway-token', 3_600)
  vault.write(path, { token: 'first-value' })
  mkdirSync(rig.folder, { recursive: true })
  const tokenFile = join(rig.folder, 'vault-token')
  writeFileSync(tokenFile, 'hvs.gateway-token')
  const upstream = await rig.startUpstream()
  const publish = (reference: string, region = 'eu') =>
    rig.publisher.publish(
      snapshotOf(
        [
          version({
            isPublic: true,
            upstreamUrls: [upstream.url],
            policies: [
              policy(
                'headers',
                {
                  request: {
                    set: [{ name: 'X-Region', value: region }],
                    setSecret: [{ name: 'X-Backend-Token', value: reference }],
                  },
                },
                'backend',
              ),
            ],
          }),
        ],
        { plans: [plan('free', ['ver_echo'])] },
      ),
    )
  const start = () =>
    rig.startGateway({
      WORKERS: '2',
      VAULT_ADDR: vault.url,
      VAULT_TOKEN_FILE: tokenFile,
      VAULT_REFRESH_MS: '1000',
      ...settings,
    })
  return { vault, upstream, publish, start }
}

const tokenIn = (reply: { json(): Record<string, unknown> }) =>
  (reply.json().headers as Record<string, string>)['x-backend-token']

it('C6: a new value in Vault reaches the upstream with no call that fails, and the last one lasts while Vault is away', async () => {
  await using rig = await createRig()
  const { vault, publish, start } = await open(rig)
  await publish(`vault:${path}#token`)
  const gateway = await start()
  await rig.publisher.live([gateway])
  const statuses = new Set<number>()
  const values = new Set<string | undefined>()
  const call = async () => {
    const reply = await gateway.call('/echo/things')
    statuses.add(reply.status)
    values.add(tokenIn(reply))
    return tokenIn(reply)
  }
  expect(await call()).toBe('first-value')
  // Two workers share one reader.
  const before = vault.calls.filter((it) => it.path.includes('/data/')).length
  expect(before).toBeLessThanOrEqual(2)
  vault.write(path, { token: 'second-value' })
  await until(async () => (await call()) === 'second-value', 'the new value is used')
  vault.fail(503)
  await until(
    async () => (await gateway.ops('/metrics')).body.includes('gw_vault_failing 1'),
    'the gateway has noticed',
  )
  expect(await call()).toBe('second-value')
  // Another revision goes live meanwhile.
  await publish(`vault:${path}#token`, 'us')
  await rig.publisher.live([gateway])
  expect(await call()).toBe('second-value')
  expect([[...statuses], [...values]]).toEqual([[200], ['first-value', 'second-value']])
  expect(JSON.stringify(gateway.logs)).not.toMatch(/-value|hvs\./)
  await vault.close()
})

it('C6: a reference that cannot be read refuses the revision by its name, which goes live when it can be', async () => {
  await using rig = await createRig()
  const { vault, publish, start } = await open(rig)
  await publish(`vault:${path}#token`)
  const gateway = await start()
  await rig.publisher.live([gateway])
  await publish(`vault:${path}#other`, 'us')
  const reason = async () => (await rig.publisher.reports())[0]?.refusal?.reason
  await until(async () => (await reason()) !== undefined, 'it is refused')
  expect(await reason()).toBe(
    `The secret vault:${path}#other cannot be used: there is no such key in the secret`,
  )
  expect(tokenIn(await gateway.call('/echo/things'))).toBe('first-value')
  vault.write(path, { token: 'first-value', other: 'other-value' })
  await rig.publisher.live([gateway])
  expect(tokenIn(await gateway.call('/echo/things'))).toBe('other-value')
  await vault.close()
})

it('C6: beyond the time that a value is kept nothing goes on without it', async () => {
  await using rig = await createRig()
  const { vault, upstream, publish, start } = await open(rig, { VAULT_KEEP_MS: '500' })
  await publish(`vault:${path}#token`)
  const gateway = await start()
  await rig.publisher.live([gateway])
  expect((await gateway.call('/echo/things')).status).toBe(200)
  vault.revoke('hvs.gateway-token')
  await until(async () => (await gateway.call('/echo/things')).status !== 200, 'the value is good no longer')
  const reply = await gateway.call('/echo/things')
  expect([reply.status, reply.json().code]).toEqual([503, 'secret_unavailable'])
  const seen = upstream.seen.length
  await gateway.call('/echo/things')
  expect(upstream.seen).toHaveLength(seen)
  vault.issue('hvs.gateway-token', 3_600)
  await until(async () => (await gateway.call('/echo/things')).status === 200, 'it is back')
  await vault.close()
})
