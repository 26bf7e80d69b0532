// Explain tells of routing what a request would meet: every candidate and why it lost, and what nobody answered.
import { noConditions } from '@gatewright/shared/model/match'
import { traffic } from '@gatewright/shared/model/traffic'
import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { policy, snapshotOf, upstream, version } from '../../test/documents.ts'
import { compileSnapshot } from '../config/compile.ts'
import { partsOf } from '../config/parts.ts'
import { createCompileDeps } from '../testing/compile.fixture.ts'
import { explain } from './explain.ts'

const ios = { ...noConditions, headers: [{ name: 'x-client', values: ['ios'] }] }
const selector = { by: 'header', name: 'x-version', value: '2', isDefault: false } as const

async function ask(method: string, url: string, headers: Record<string, string> = {}) {
  const route = { method: 'GET', path: '/a', public: true }
  const books = (name: string, more: object) => ({
    ...version({
      name: 'books',
      upstreamUrls: ['http://127.0.0.1:1'],
      policies: [policy('ip-filter', { deny: ['10.0.0.1'] })],
      routes: [
        { ...route, id: `${name} plain` },
        { ...route, id: `${name} ios`, when: ios },
      ],
    }),
    id: `ver_${name}`,
    name,
    ...more,
  })
  const documents = [books('v1', {}), books('v2', { selector })]
  const generation = await compileSnapshot(
    { revision: 7, hash: '' },
    partsOf(snapshotOf(documents)),
    createCompileDeps(),
    null,
  )
  return explain(generation, { method, url, headers, clientAddress: '192.0.2.7' })
}

describe('explain', () => {
  it('lists every candidate with its version, its conditions and why it lost', async () => {
    const { candidates, outcome } = await ask('GET', '/books/a', { 'X-Client': 'ios', 'X-Version': '2' })
    expect(candidates.map(({ routeId, won, reason }) => [routeId, won, reason])).toEqual([
      ['v1 ios', false, 'the request names books v2'],
      ['v1 plain', false, 'the request names books v2'],
      [
        'v2 ios',
        true,
        'the best match of host and path that has the method, of the version books v2, and x-client is ios',
      ],
      ['v2 plain', false, 'a route with more conditions is tried before it (1 to 0)'],
    ])
    expect(outcome).toEqual({
      kind: 'forwarded',
      status: null,
      upstream: 'default',
      because: 'all calls of the route go there',
    })
  })

  it('I7: says which upstream the traffic would choose, and deals nothing out', async () => {
    const upstreams = ['default', 'canary'].map((name) =>
      upstream(`ups_${name}`, ['http://127.0.0.1:1'], {}, name),
    )
    const explained = async (given: z.input<typeof traffic>, headers: Record<string, string> = {}) => {
      const document = version({ isPublic: true, more: { upstreams, traffic: traffic.parse(given) } })
      const generation = await compileSnapshot(
        { revision: 7, hash: '' },
        partsOf(snapshotOf([document])),
        createCompileDeps(),
        null,
      )
      const asked = { method: 'GET', url: '/echo/things', headers, clientAddress: '192.0.2.7' }
      return (await explain(generation, asked)).outcome
    }
    const shares = (canary: number) => [
      { upstream: 'default', weight: 100 - canary },
      { upstream: 'canary', weight: canary },
    ]
    const rules = [
      { when: { on: 'header' as const, name: 'x-release', values: ['next'] }, upstream: 'canary' },
    ]
    expect(await explained({ rules, shares: shares(5) }, { 'X-Release': 'next' })).toMatchObject({
      upstream: 'canary',
      because: 'rule 1 holds',
    })
    expect(await explained({ rules, shares: shares(5) })).toMatchObject({
      upstream: null,
      because: 'it is dealt out by shares: default 95 %, canary 5 %',
    })
    expect(await explained({ shares: shares(100) })).toMatchObject({ upstream: 'canary' })
    expect(await explained({ rules })).toMatchObject({ upstream: 'default', because: 'no rule holds' })
  })

  it('F2: says that nobody offers the version, and A5: which methods there are', async () => {
    expect((await ask('GET', '/books/a', { 'X-Version': '9' })).outcome).toMatchObject({
      status: 406,
      code: 'version_not_offered',
      detail: 'Versions go by x-version: 2, or none.',
    })
    const { candidates, outcome } = await ask('PUT', '/books/a')
    expect(outcome).toMatchObject({ status: 405, detail: 'Allowed: GET, HEAD, OPTIONS.' })
    expect(new Set(candidates.map(({ reason }) => reason))).toEqual(new Set(['its method is GET']))
  })

  it('a preflight that no edge policy answers is an OPTIONS request like any other', async () => {
    const { outcome, steps } = await ask('OPTIONS', '/books/a', { 'Access-Control-Request-Method': 'GET' })
    expect([outcome, steps]).toEqual([{ kind: 'answered', status: 204 }, []])
  })
})
