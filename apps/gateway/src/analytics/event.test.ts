import { trafficMasker } from '@gatewright/shared/masking/masker'
import { afterEach, expect, test, vi } from 'vitest'
import { createRouter } from '../config/router.ts'
import type { RequestContext } from '../request/context.ts'
import { routeTo } from '../testing/gateway.fixture.ts'
import { buildEvent } from './event.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const eventOf = (path: string, more: object = {}) =>
  buildEvent(
    {
      match: null,
      principal: null,
      refusedCaller: null,
      generation: null,
      method: 'GET',
      host: 'api.example',
      path,
      status: 404,
      reason: 'route_not_found',
      refusedBy: null,
      clientAddress: '192.0.2.1',
      header: () => undefined,
      lastDigest: null,
      security: null,
      exported: null,
      ...more,
    } as unknown as RequestContext,
    { environmentId: 'env_1', gatewayId: 'gw-1' },
  )

test('D9 what is kept of a path is masked, and a path of any length costs no more than that', () => {
  const masking = vi.spyOn(trafficMasker, 'text')
  const { path } = eventOf(`/pay/4111111111111111/${'4-'.repeat(8_000)}`)
  expect(path.startsWith('/pay/[card …1111]/4-4-')).toBe(true)
  expect(path).toHaveLength(2_048)
  expect(Math.max(...masking.mock.calls.map(([text]) => text.length))).toBeLessThanOrEqual(4_096)
  // Across the end of what is kept, nothing of a number shows either.
  expect(eventOf(`/${'a'.repeat(2_035)}/4111111111111111`).path).not.toContain('411111')
})

test('D9 of a path with a parameter that is secret by its name only the template is kept', () => {
  const facts = { id: 'rte_1', template: '/reset/{token}' }
  const at = (hasSecretInPath: boolean) => ({ match: { kind: 'route', facts, hasSecretInPath } })
  expect(eventOf('/reset/hunter2', at(true)).path).toBe('/reset/{token}')
  expect(eventOf('/reset/hunter2', at(false)).path).toBe('/reset/hunter2')
})

test('D9 nor is it kept where no route at the path takes the method, or a preflight asks', () => {
  const { facts, ...route } = routeTo(null, { hasSecretInPath: true })
  const declared = { ...route, facts: { ...facts, method: 'POST', template: '/reset/{token}' } }
  const router = createRouter([{ hosts: [], basePath: '/', route: declared, when: null }])
  const match = router.match('a.example', '/reset/hunter2', 'OPTIONS', { query: '', header: () => undefined })
  expect(match).toMatchObject({ kind: 'miss' })
  expect(eventOf('/reset/hunter2', { match }).path).toBe('/reset/{token}')
})

test('D9 neither the method nor the program that a caller names carries a number or an address into an event', () => {
  expect(eventOf('/', { method: '4111111111111111' }).method).toBe('_OTHER')
  const { agent } = eventOf('/', { header: () => 'jane@mail.example (4111111111111111)' })
  expect(agent).toBe('[email]')
})
