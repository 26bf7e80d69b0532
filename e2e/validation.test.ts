// Validation end to end: a document is imported, published and guards its API on three gateways.
import { policyInput } from '@gatewright/shared/policies/specs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Published, type Rig, type Subscriber, startRig } from './rig.ts'

let rig: Rig
let published: Published
let subscriber: Subscriber
beforeAll(async () => {
  rig = await startRig()
  published = await rig.publish('validated', {
    versionPolicies: [
      policyInput.parse({ type: 'api-key', config: {} }),
      policyInput.parse({ type: 'validate-request', config: { undeclaredParameters: 'refuse' } }),
    ],
  })
  subscriber = await rig.subscribe(published)
})
afterAll(() => rig?.[Symbol.asyncDispose]())

async function send(gateway: string, path: string, init: { readonly body?: string } = {}) {
  const response = await fetch(`${gateway}/validated${path}`, {
    ...init,
    method: init.body === undefined ? 'GET' : 'POST',
    headers: {
      'x-api-key': subscriber.key,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
  })
  const text = await response.text()
  const problem = response.status >= 400 ? (JSON.parse(text) as { code: string; errors?: object[] }) : null
  return { status: response.status, code: problem?.code, errors: problem?.errors }
}

describe('validation on three gateways', () => {
  it('F8 D2 parameters that the imported document does not allow are refused by name on each gateway', async () => {
    for (const { url } of rig.stack.gateways) {
      expect(await send(url, '/books?limit=2&sort=title')).toMatchObject({ status: 200 })
      expect(await send(url, '/books?limit=none')).toMatchObject({
        code: 'request_invalid',
        errors: [{ in: 'query', pointer: '/limit', code: 'type' }],
      })
      expect(await send(url, '/books?sort=colour&debug=1')).toMatchObject({
        errors: [{ in: 'query', pointer: '/debug', code: 'undeclared' }],
      })
    }
  })

  it('F8 D1 bodies that the imported document does not allow are refused by pointer and rule', async () => {
    const [gateway] = rig.stack.gateways
    if (!gateway) throw new Error('there is no gateway')
    const wrong = await send(gateway.url, '/orders', { body: '{"lines":[{"bookId":7}]}' })
    expect(wrong).toMatchObject({ status: 400, code: 'request_invalid' })
    expect(wrong.errors?.length).toBeGreaterThan(0)
    expect(await send(gateway.url, '/orders', { body: '{"items":' })).toMatchObject({
      code: 'json_malformed',
    })
    expect(await send(gateway.url, '/orders', { body: '['.repeat(1_000) })).toMatchObject({
      code: 'json_too_deep',
    })
  })
})
