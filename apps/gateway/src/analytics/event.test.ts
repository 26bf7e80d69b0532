import { defaultMasker } from '@gatewright/shared/masking/masker'
import { afterEach, expect, test, vi } from 'vitest'
import type { RequestContext } from '../request/context.ts'
import { buildEvent } from './event.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const eventOf = (path: string) =>
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
    } as unknown as RequestContext,
    { environmentId: 'env_1', gatewayId: 'gw-1' },
  )

test('D9 what is kept of a path is masked, and a path of any length costs no more than that', () => {
  const masking = vi.spyOn(defaultMasker, 'text')
  const { path } = eventOf(`/pay/4111111111111111/${'4-'.repeat(8_000)}`)
  expect(path.startsWith('/pay/[card …1111]/4-4-')).toBe(true)
  expect(path).toHaveLength(2_048)
  expect(Math.max(...masking.mock.calls.map(([text]) => text.length))).toBeLessThanOrEqual(4_096)
  // Across the end of what is kept, nothing of a number shows either.
  expect(eventOf(`/${'a'.repeat(2_035)}/4111111111111111`).path).not.toContain('411111')
})
