// The inspector as its worker sees it: one that hangs, ends or has too much to do never takes anything down with it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FirewallSettings, ReceivedRequest } from '@gatewright/shared/policies/firewall-ports'
import { afterEach, describe, expect, it } from 'vitest'
import { createFirewalls, type FirewallStore } from './firewalls.ts'
import { createFrameReader, writeFrame } from './frames.ts'

const settings: FirewallSettings = { paranoia: 1, threshold: 5, methods: ['GET'], exclusions: [] }
const request = (requestId: string, body: Uint8Array | null = null): ReceivedRequest => ({
  method: 'GET',
  target: '/',
  minor: 1,
  fields: [],
  clientAddress: '192.0.2.1',
  requestId,
  body,
})

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A store over an inspector that speaks its protocol and answers as `answer` (source text) says; undefined = never. */
function storeOver(answer: string) {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-inspector-'))
  const program = join(folder, 'inspector.mjs')
  const frames = new URL('./frames.ts', import.meta.url).href
  writeFileSync(
    program,
    `import { Socket } from 'node:net'
     import { createFrameReader, writeFrame } from ${JSON.stringify(frames)}
     const pipe = new Socket({ fd: 3 })
     pipe.on('close', () => process.exit(0))
     const answer = ${answer}
     pipe.on('data', createFrameReader(({ head, body }) => {
       const said = answer(head, body)
       if (said) for (const piece of writeFrame({ id: head.id, ...said }, null)) pipe.write(piece)
     }))`,
  )
  const lost: object[] = []
  const store: FirewallStore = createFirewalls({
    rules: null,
    log: { error: (fields) => lost.push(fields) },
    patienceMs: 2_000,
    budgetMs: 300,
    program: pathToFileURL(program),
  })
  closers.push(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { store, lost }
}

const ready = `if (head.request === null) return { kind: 'ready' };`
const passed = `return { kind: 'judged', isAttack: false, score: 0, matches: [] }`

describe('D4: the inspector of the firewall', () => {
  it('that works without an end is ended: who made it work is told so, those behind are judged by the next one', async () => {
    const { store, lost } = storeOver(
      `(head) => { ${ready} if (head.request.requestId === 'bomb') { for (;;); } ${passed} }`,
    )
    const firewall = store.open(settings)
    await store.settled()
    const [before, bomb, ...behind] = await Promise.all(
      ['a', 'bomb', 'b', 'c'].map((id) => firewall.inspect(request(id))),
    )
    expect([before?.kind, bomb?.kind]).toEqual(['judged', 'exhausted'])
    expect(behind.map((it) => it.kind)).toEqual(['judged', 'judged'])
    expect(lost).toMatchObject([{ requestId: 'bomb', waiting: 3 }])
    expect(store.counts).toEqual({ inspected: 3, unavailable: 0, exhausted: 1, lost: 1 })
  })

  it('that waits for something is not taken for one that works: nobody is blamed', async () => {
    const { store, lost } = storeOver(
      `(head) => { ${ready} if (head.request.requestId === 'stuck') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); ${passed} }`,
    )
    const firewall = store.open(settings)
    await store.settled()
    expect((await firewall.inspect(request('stuck'))).kind).toBe('unavailable')
    expect(lost).toMatchObject([{ requestId: 'stuck', waiting: 1 }])
    expect((await firewall.inspect(request('next'))).kind).toBe('judged')
  })

  it('of small requests is another than that of large ones, which can keep none of them waiting', async () => {
    const { store } = storeOver(
      `(head, body) => { ${ready} if (body.length > 8192) { for (;;); } ${passed} }`,
    )
    const firewall = store.open(settings)
    await store.settled()
    let isLargeOver = false
    const large = firewall.inspect(request('large', new Uint8Array(8_193))).finally(() => {
      isLargeOver = true
    })
    for (let i = 0; i < 10; i++) expect((await firewall.inspect(request(`small${i}`))).kind).toBe('judged')
    expect(isLargeOver).toBe(false)
    expect((await large).kind).toBe('exhausted')
  })

  it('that ends takes nobody with it', async () => {
    const { store, lost } = storeOver(`(head) => { ${ready} process.exit(139) }`)
    const firewall = store.open(settings)
    await store.settled()
    expect((await firewall.inspect(request('a'))).kind).toBe('unavailable')
    expect(lost).toMatchObject([{ reason: 'it ended with 139', requestId: 'a' }])
  })

  it('lets no more wait than it can hold', async () => {
    const { store } = storeOver(`(head) => { ${ready} }`)
    const firewall = store.open(settings)
    await store.settled()
    const all = Promise.all(Array.from({ length: 300 }, (_, i) => firewall.inspect(request(`r${i}`))))
    await firewall.inspect(request('large', new Uint8Array(65 * 1024 * 1024)))
    expect(store.counts.unavailable).toBeGreaterThanOrEqual(45)
    expect((await all).every((it) => it.kind === 'unavailable')).toBe(true)
  })

  it('that cannot use settings refuses the snapshot with its reason', async () => {
    const { store } = storeOver(`() => ({ kind: 'failed', reason: 'no rules here' })`)
    store.open(settings)
    await expect(store.settled()).rejects.toThrow('This gateway cannot run the policy waf: no rules here')
    await store.settled()
  })
})

describe('frames between a worker and its inspector', () => {
  it.each([1, 3, 7, 1_000])('are put together from pieces of %i bytes', (size) => {
    const frames: { head: unknown; body: string }[] = []
    const read = createFrameReader(({ head, body }) => frames.push({ head, body: body.toString() }))
    const wire = Buffer.concat([
      ...writeFrame({ a: 'ä' }, Buffer.from('body')),
      ...writeFrame({ b: 1 }, null),
      ...writeFrame({ c: [] }, Buffer.alloc(0)),
    ])
    for (let i = 0; i < wire.length; i += size) read(wire.subarray(i, i + size))
    expect(frames).toEqual([
      { head: { a: 'ä' }, body: 'body' },
      { head: { b: 1 }, body: '' },
      { head: { c: [] }, body: '' },
    ])
  })
})
