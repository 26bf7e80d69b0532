// `gatewright verify-limits` against three gateways: the limits of the product admit nothing too much, and one that does is found out.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { policy, snapshotOf, version } from './documents.ts'
import { createRig, type Rig } from './rig.ts'

vi.setConfig({ testTimeout: 90_000 })

const cli = join(import.meta.dirname, '../../../packages/cli/src/main.ts')

interface Verdict {
  readonly calls: number
  readonly admitted: number
  readonly reference: number
  readonly over: number
  readonly under: number
}

async function verify(rig: Rig, config: Record<string, unknown>, options: readonly string[]) {
  const upstream = await rig.startUpstream()
  const limit = policy('rate-limit', { by: 'everyone', ...config })
  await rig.publisher.publish(
    snapshotOf([version({ upstreamUrls: [upstream.url], isPublic: true, policies: [limit] })]),
  )
  const gateways = await Promise.all([1, 2, 3].map(() => rig.startGateway()))
  await rig.publisher.live(gateways)
  const args = [
    ...['--conditions=source', cli, 'verify-limits', '--output', 'json', '--path', '/echo/things'],
    ...gateways.flatMap(({ url }) => ['--gateway', url]),
    ...options,
  ]
  return new Promise<{ code: number; verdict: Verdict }>((resolve, reject) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code)
      if (code === 0 || code === 2) resolve({ code, verdict: JSON.parse(stdout) as Verdict })
      else reject(new Error(`${stderr}`))
    })
  })
}

const rule = ['--limit', '40', '--window', '2', '--seconds', '5']

describe('verify-limits on three gateways', () => {
  it.each([
    ['B1', 'fixed-window', 'strict'],
    ['B1', 'fixed-window', 'leased'],
    ['B2', 'sliding-window-log', 'strict'],
    ['B2', 'sliding-window-log', 'leased'],
    ['B3', 'token-bucket', 'strict'],
    ['B3', 'token-bucket', 'leased'],
  ])('%s: %s, %s: nothing is admitted too much', async (_, algorithm, mode) => {
    await using rig = await createRig()
    const config = { limit: 40, windowMs: 2_000, algorithm, mode }
    const { code, verdict } = await verify(rig, config, ['--algorithm', algorithm, ...rule])
    expect({ code, over: verdict.over }).toEqual({ code: 0, over: 0 })
    expect(verdict.calls).toBeGreaterThan(verdict.admitted)
    expect(verdict.admitted).toBeGreaterThanOrEqual(40)
  })

  it('B1: gateways that count apart admit too much: exit code 2', async () => {
    await using rig = await createRig()
    const config = { limit: 40, windowMs: 3_600_000, mode: 'local' }
    const terms = ['--limit', '40', '--window', '3600', '--seconds', '3']
    const { code, verdict } = await verify(rig, config, terms)
    expect(code).toBe(2)
    expect(verdict).toMatchObject({ admitted: 120, reference: 40, over: 80, under: 0 })
  })
})
