import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { type RequestEvent, requestEventSchema } from './event.ts'
import { EventPacker, packEvents, unpackBatch } from './event-batch.ts'

const few = fc.constantFrom('a', 'b"\\', 'ü\u2028')
const maybe = fc.option(few)
const natural = fc.nat({ max: 2 ** 40 })
const anyEvent: fc.Arbitrary<RequestEvent> = fc.record({
  id: fc.string({ maxLength: 64 }),
  at: natural,
  environmentId: few,
  gatewayId: few,
  revision: fc.nat(3),
  tenantId: maybe,
  apiId: maybe,
  versionId: maybe,
  routeId: maybe,
  applicationId: maybe,
  subscriptionId: maybe,
  planId: maybe,
  credentialId: maybe,
  method: few,
  route: maybe,
  path: fc.string({ maxLength: 100, unit: 'binary' }),
  host: few,
  status: fc.constantFrom(200, 404),
  reason: maybe,
  policy: maybe,
  gatewayUs: natural,
  upstreamUs: natural,
  bytesIn: natural,
  bytesOut: natural,
  address: fc.ipV6(),
  agent: few,
  cache: fc.constantFrom('none', 'hit'),
  tryIt: fc.boolean(),
})

const fields = Object.keys(requestEventSchema.shape) as (keyof RequestEvent)[]

it('comes back as it went in, whatever is alike in it', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 30 }), (events) => {
      expect(z.array(requestEventSchema).parse(unpackBatch(packEvents(events)).events)).toEqual(events)
    }),
  )
})

it('tells events apart that differ in one field, whichever it is', () => {
  const differing = fc.tuple(anyEvent, anyEvent, fc.constantFrom(...fields))
  fc.assert(
    fc.property(differing, ([event, other, field]) => {
      const events = [event, { ...event, [field]: other[field] }]
      expect(unpackBatch(packEvents(events)).events).toEqual(events)
    }),
    { numRuns: 1_000 },
  )
})

it('writes what events share once', () => {
  const [event] = fc.sample(anyEvent, { numRuns: 1, seed: 1 }) as [RequestEvent]
  const text = packEvents(Array.from({ length: 500 }, (_, i) => ({ ...event, id: `req_${i}` })))
  expect(JSON.parse(text)).toMatchObject({ shared: { method: [event.method] }, rows: Array(500).fill(0) })
})

it('starts anew after a batch was taken', () => {
  const [first, second] = fc.sample(anyEvent, { numRuns: 2, seed: 1 }) as [RequestEvent, RequestEvent]
  const packer = new EventPacker()
  packer.add(first)
  expect(packer.count).toBe(1)
  packer.take()
  expect(packer.count).toBe(0)
  packer.add(second)
  expect(unpackBatch(packer.take()).events).toEqual([second])
})

it.each([
  ['no JSON', '{"not json'],
  ['no columns', '{"not":"a batch"}'],
  ['rows that are no numbers', '{"shared":{},"rows":["x"],"own":{"id":["a"]}}'],
])('refuses %s', (_, text) => {
  expect(() => unpackBatch(text)).toThrow()
})

it('an event whose shared row is missing is for the reader to refuse, alone', () => {
  const text = '{"shared":{"status":[200]},"rows":[7,0],"own":{"id":["lost","kept"]}}'
  expect(unpackBatch(text).events).toEqual([
    { status: undefined, id: 'lost' },
    { status: 200, id: 'kept' },
  ])
})
