import { describe, expect, it } from 'vitest'
import { createFlightDesk, createInFlight, createRemoteInFlight } from './in-flight.ts'

it('a worker that is alone decides at once', () => {
  const flights = createInFlight()
  expect([flights.enter('a', 2), flights.enter('a', 2), flights.enter('a', 2)]).toEqual([true, true, false])
  expect(flights.enter('b', 2)).toBe(true)
  flights.leave('a')
  expect(flights.enter('a', 2)).toBe(true)
})

describe('several workers', () => {
  function crew(size: number) {
    const desk = createFlightDesk()
    const batches: number[] = []
    const workers = Array.from({ length: size }, () => {
      const worker = {}
      const remote = createRemoteInFlight((batch) => {
        batches.push(batch.entries.length)
        remote.answer(batch.id, desk.take(worker, batch))
      })
      return { worker, remote }
    })
    return { desk, batches, workers }
  }

  it('share one count, and ask once for all requests of a turn', async () => {
    const { workers, batches } = crew(2)
    const asked = workers.flatMap(({ remote }) => [1, 2, 3].map(() => remote.enter('a', 4)))
    const admitted = await Promise.all(asked)
    expect(admitted.filter((it) => it)).toHaveLength(4)
    expect(batches).toEqual([3, 3])
    workers[0]?.remote.leave('a')
    // Who left in the same turn makes room for who comes.
    expect(await workers[0]?.remote.enter('a', 4)).toBe(true)
    expect(await workers[1]?.remote.enter('a', 4)).toBe(false)
  })

  it('a worker that ends takes its requests with it, and no others', async () => {
    const { workers, desk } = crew(2)
    const [first, second] = workers
    for (let i = 0; i < 2; i++) await first?.remote.enter('a', 3)
    await second?.remote.enter('a', 3)
    desk.forget(first?.worker ?? {})
    const admitted = await Promise.all([1, 2, 3].map(() => second?.remote.enter('a', 3)))
    expect(admitted).toEqual([true, true, false])
  })
})
