// Reading beside the event loop: answers, and what ends a reading that takes too much.
import { describe, expect, it } from 'vitest'
import { DocumentReader } from './document-reader.ts'
import { bytes } from './openapi/spec-files.fixture.ts'

const books = (operations: Record<string, unknown> = { get: { responses: {} } }) =>
  bytes({ openapi: '3.1.0', info: { title: 'Books', version: '1' }, paths: { '/books': operations } })

/** Many small values: quick to write, and much work and memory to read. */
const many = (count: number) => bytes(`{"openapi":"3.1.0","x-many":[${'[],'.repeat(count)}[]]}`)

const neverEnds = { threads: 1, timeMs: 60_000 }

describe('F8: a document is read in a thread of its own', () => {
  it('answers with the summary, the comparison and the description', async () => {
    const reader = new DocumentReader()
    const [read, comparison, description] = await Promise.all([
      reader.ask('ten_1', 'read', { bytes: books(), sourceUrl: 'https://books.test/openapi.json' }),
      reader.ask('ten_1', 'compare', { before: { bytes: books() }, after: { bytes: books({ post: {} }) } }),
      reader.ask('ten_1', 'describe', {
        bytes: books(),
        present: { serverUrl: 'https://gw.test/books', routes: [], keyHeader: null },
      }),
    ])
    expect(read).toMatchObject({ ok: true, specVersion: '3.1.0', operations: [{ path: '/books' }] })
    expect(comparison).toMatchObject({
      ok: true,
      before: [{ method: 'GET', path: '/books' }],
      after: { operations: [{ method: 'POST' }] },
      changes: [{ code: 'operation-removed', class: 'breaking' }, { code: 'operation-added' }],
    })
    expect(description).toMatchObject({
      ok: true,
      presented: { servers: [{ url: 'https://gw.test/books' }] },
    })
  })

  it('reads a newer document also when the older one cannot be read any more', async () => {
    const comparison = await new DocumentReader().ask('ten_1', 'compare', {
      before: { bytes: bytes('{') },
      after: { bytes: books() },
    })
    expect(comparison).toMatchObject({ ok: true, before: [], changes: [], after: { ok: true } })
  })

  it('says with line and column what is wrong with a document', async () => {
    expect(
      await new DocumentReader().ask('ten_1', 'read', { bytes: bytes('{\n "openapi" 3') }),
    ).toMatchObject({
      ok: false,
      code: 'invalid-json',
      line: 2,
      column: 12,
    })
  })

  it('ends a reading that takes too long', async () => {
    const reader = new DocumentReader({ ...neverEnds, timeMs: 1 })
    expect(await reader.ask('ten_1', 'read', { bytes: books() })).toMatchObject({
      ok: false,
      code: 'time-limit',
    })
  })

  it('ends a reading that takes too much memory, and goes on with the next', async () => {
    const reader = new DocumentReader({ ...neverEnds, memoryMb: 24 })
    expect(await reader.ask('ten_1', 'read', { bytes: many(1_000_000) })).toMatchObject({
      ok: false,
      code: 'memory-limit',
      message: 'Reading the file takes more than 24 MiB of memory',
    })
    expect(await reader.ask('ten_1', 'read', { bytes: books() })).toMatchObject({ ok: true })
  })

  it('reads a few at a time, lets some wait, and refuses the rest', async () => {
    const reader = new DocumentReader({ ...neverEnds, waiting: 1 })
    const asked = Array.from({ length: 3 }, () => reader.ask('ten_1', 'read', { bytes: books() }))
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
    expect(outcomes[2]).toMatchObject({ reason: { code: 'reader_busy', retryAfterSeconds: 10 } })
    expect(await reader.ask('ten_1', 'read', { bytes: books() })).toMatchObject({ ok: true })
  })

  it('leaves the event loop free meanwhile', async () => {
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    const read = await new DocumentReader().ask('ten_1', 'read', { bytes: many(300_000) })
    clearInterval(ticking)
    expect(read).toMatchObject({ ok: true })
    // Read on the event loop, there would be none.
    expect(turns).toBeGreaterThan(1)
  })
})
