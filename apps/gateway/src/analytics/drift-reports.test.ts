// Drift on its way from a worker: what was counted is told once, without what was sent.
import { unpackBatch } from '@gatewright/shared/event-batch'
import { driftBatch } from '@gatewright/shared/model/drift'
import type { RouteFacts } from '@gatewright/shared/policies/policy'
import { expect, test } from 'vitest'
import { createDriftLog } from '../runtime/schemas/drift.ts'
import { createEventBuffer, type EventBatch } from './buffer.ts'
import { createDriftReports } from './drift-reports.ts'

const route = { versionId: 'ver_1', method: 'POST', template: '/books' } as RouteFacts

function rig() {
  const sent: EventBatch[] = []
  const log = createDriftLog(() => 1_000)
  const reports = createDriftReports(
    log,
    createEventBuffer((batch) => sent.push(batch)),
    () => 'env_1',
  )
  const batches = () =>
    sent.map(({ json }) => driftBatch.parse(unpackBatch(new TextDecoder().decode(json)).drift))
  return { log, reports, batches, sent }
}

test('D13: each batch tells what came since the last one, under the next number', () => {
  const { log, reports, batches, sent } = rig()
  const fault = { in: 'body', pointer: '/items/3/price', code: 'type' } as const
  log.note(route, 'request', [fault], { items: [0, 0, 0, { price: '12' }] })
  log.note(route, 'request', [{ ...fault, pointer: '/items/0/price' }], { items: [{ price: 'x' }] })
  reports.send()
  reports.send()
  log.note(route, 'request', [fault], { items: [0, 0, 0, { price: 'y' }] })
  reports.send()
  const [first, second, ...more] = batches()
  expect(more).toEqual([])
  expect(first).toMatchObject({ number: 0, environmentId: 'env_1' })
  expect(first?.records).toEqual([
    {
      ...{ versionId: 'ver_1', direction: 'request', method: 'POST', template: '/books', in: 'body' },
      ...{
        pointer: '/items/*/price',
        rule: 'type',
        observed: 'string',
        count: 2,
        firstAt: 1_000,
        lastAt: 1_000,
      },
    },
  ])
  expect(second).toMatchObject({ number: 1, source: first?.source, records: [{ count: 1 }] })
  // None of them is an event.
  expect(sent.map(({ count }) => count)).toEqual([0, 0])
  expect(log.of('ver_1')).toMatchObject([{ count: 3 }])
})

test('D13: a worker that starts again is another source', () => {
  const fault = { in: 'status', pointer: '418', code: 'undeclared' } as const
  const sources = [rig(), rig()].map(({ log, reports, batches }) => {
    log.note(route, 'response', [fault])
    reports.send()
    return batches()[0]?.source
  })
  expect(new Set(sources).size).toBe(2)
})

test.each([
  ['/price', '/price'],
  ['/$ref', '/$ref'],
  ['/items/12/sku', '/items/*/sku'],
  ['/anna@example.org/age', '/{name}/age'],
  ['/4111 1111 1111 1111', '/{name}'],
  ['/user123456', '/{name}'],
])('D13: of a name that nobody wrote into a document, %s, nothing is kept: %s', (sent, kept) => {
  const { log } = rig()
  log.note(route, 'request', [{ in: 'body', pointer: sent, code: 'additionalProperties' }], {})
  expect(log.of('ver_1')).toMatchObject([{ pointer: kept, observed: null }])
})
