import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../testing/gateway.fixture.ts'
import { createOpsServer, type HealthCheck } from './health.ts'

describe('health', () => {
  let configured: HealthCheck = { name: 'configuration', ok: false, detail: 'none yet' }
  const server = createOpsServer({
    ready: () => [configured],
    started: () => [configured],
    metrics: async () => 'gw_x 1\n',
  })
  let base = ''
  beforeAll(async () => {
    base = `http://127.0.0.1:${await listen(server)}`
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  const get = async (path: string) => {
    const response = await fetch(base + path)
    return [response.status, await response.text()]
  }

  it('I11 is alive before it is ready, and says what it waits for', async () => {
    expect(await get('/livez')).toEqual([200, 'ok\n'])
    expect(await get('/readyz')).toEqual([503, '[-] configuration: none yet\nnot ok\n'])
    expect((await get('/startupz'))[0]).toBe(503)
    configured = { name: 'configuration', ok: true, detail: 'revision 3' }
    expect(await get('/readyz')).toEqual([200, 'ok\n'])
    expect(await get('/readyz?verbose')).toEqual([200, '[+] configuration: revision 3\nok\n'])
  })

  it('G4 serves metrics and nothing else', async () => {
    expect(await get('/metrics')).toEqual([200, 'gw_x 1\n'])
    expect((await get('/'))[0]).toBe(404)
    expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(405)
  })
})
