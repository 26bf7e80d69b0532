// Functions of teams in their thread: what they can say, what they cannot reach, and what becomes of those that do not end.
import { afterEach, describe, expect, it } from 'vitest'
import { createFunctions, type Functions } from './functions.ts'

let functions: Functions | null = null
afterEach(() => functions?.close())

async function run(source: string, facts: unknown = {}, timeoutMs = 10_000) {
  functions ??= createFunctions()
  return functions.open(source).run(JSON.stringify(facts), timeoutMs)
}

async function faultOf(source: string) {
  functions = createFunctions()
  functions.open(source)
  const [fault] = await functions.settled()
  return fault ?? null
}

describe('C8: a function', () => {
  it('in TypeScript answers, also by a promise, and keeps nothing from one call to the next', async () => {
    functions = createFunctions()
    const typed = `
      interface Request { readonly headers: Record<string, string | null> }
      let calls: number = 0
      export default async function authorize(request: Request): Promise<{ allow: boolean }> {
        calls++
        return { allow: request.headers['x-team'] === 'books', calls }
      }`
    for (let i = 0; i < 2; i++)
      expect(await run(typed, { headers: { 'x-team': 'books' } })).toEqual({
        kind: 'answered',
        value: { allow: true, calls: 1 },
      })
    expect(await run(typed, { headers: {} })).toMatchObject({ value: { allow: false } })
  })

  it('reaches nothing: no network, no files, no process, no timers, no modules', async () => {
    functions = createFunctions()
    const names = [
      'fetch',
      'process',
      'require',
      'setTimeout',
      'WebAssembly',
      'Worker',
      'std',
      'os',
      'navigator',
    ]
    const source = `export default () => [${names.map((name) => `typeof ${name}`).join(', ')}]`
    expect(await run(source)).toEqual({ kind: 'answered', value: names.map(() => 'undefined') })
    expect((await faultOf("import fs from 'node:fs'\nexport default () => fs"))?.reason).toMatch(/threw/)
    functions = createFunctions()
    expect(await run("export default () => import('node:fs')")).toMatchObject({ kind: 'unavailable' })
  })

  it.each([
    ['throws', "export default () => {\n  throw new Error('no')\n}", /threw Error: no \(line 2/],
    ['throws no error', "export default () => { throw 'no' }", /threw something/],
    ['returns nothing', 'export default () => undefined', /returned nothing/],
    ['never settles', 'export default () => new Promise(() => undefined)', /never settles/],
    ['rejects', "export default async () => { throw new TypeError('no') }", /TypeError: no/],
    ['answers without end', "export default () => 'x'.repeat(20_000)", /longer than 16384/],
    ['calls itself without end', 'const f = () => f(); export default () => f()', /threw/],
    ['returns a circle', 'export default () => { const a = {}; a.a = a; return a }', /circular/],
  ])('that %s is told to its owner', async (_, source, reason) => {
    functions = createFunctions()
    const reply = await run(source)
    expect(reply).toMatchObject({ kind: 'unavailable', reason: expect.stringMatching(reason) })
  })

  it('that does not end is stopped, and others go on', async () => {
    functions = createFunctions()
    const good = 'export default () => ({ allow: true })'
    await run(good)
    const [endless, next] = await Promise.all([run('export default () => { for (;;); }'), run(good)])
    expect(endless).toMatchObject({ kind: 'late' })
    expect(next).toMatchObject({ kind: 'answered' })
    expect(await run('export default () => /^(a+)+$/.test("a".repeat(40) + "b")')).toMatchObject({
      kind: 'late',
    })
  })

  it('that is deep in one instruction costs its thread, and rests; others get a new one', async () => {
    functions = createFunctions()
    const greedy =
      'export default () => { const all = []; for (;;) all.push("x".repeat(100_000) + all.length) }'
    const good = 'export default () => ({ allow: true })'
    const first = await run(greedy)
    expect(first.kind).not.toBe('answered')
    const before = performance.now()
    expect(await run(good)).toMatchObject({ kind: 'answered' })
    const again = await run(greedy)
    expect(again.kind).not.toBe('answered')
    if ('reason' in first && first.reason.includes('stopped'))
      expect(again).toMatchObject({ kind: 'unavailable', reason: 'it had to be stopped a moment ago' })
    expect(performance.now() - before).toBeLessThan(5_000)
  })

  it('makes room for others, and is there again when it is called', async () => {
    functions = createFunctions()
    const source = (i: number) => `export default () => ${i}`
    for (const i of [...Array(66).keys(), 0])
      expect(await run(source(i))).toEqual({ kind: 'answered', value: i })
  })

  it('waits its turn no longer than its caller does', async () => {
    functions = createFunctions()
    const slow = 'export default () => { const end = Date.now() + 20; while (Date.now() < end); return 1 }'
    await run(slow)
    const replies = await Promise.all(Array.from({ length: 12 }, () => run(slow, {}, 60)))
    expect(replies.filter(({ kind }) => kind === 'late').length).toBeGreaterThan(0)
    expect(replies[0]).toMatchObject({ kind: 'answered' })
  })

  it.each([
    ['is no TypeScript', 'export default () => {\n  retrn 1 +\n}', /Expected/, true],
    ['has nothing by default', 'export const a = 1', /no function as its default export/, false],
    ['has a value by default', 'export default 5', /no function as its default export/, false],
    ['throws while it loads', "throw new Error('early')", /early/, false],
    ['needs more than types taken off', 'enum A { x }\nexport default () => A.x', /enum/, true],
  ])('that %s is told of before it goes live', async (_, source, reason, isUnread) => {
    expect(await faultOf(source)).toEqual({ reason: expect.stringMatching(reason), isUnread })
  })

  it('that cannot be loaded judges nobody, and is not loaded again with each call', async () => {
    functions = createFunctions()
    const own = functions.open("throw new Error('early ' + Math.random())")
    const first = await own.run('{}', 10_000)
    expect(first).toMatchObject({ kind: 'unavailable', reason: expect.stringMatching(/early/) })
    expect(await own.run('{}', 10_000)).toEqual(first)
  })

  it('that breaks the reader of types breaks it for nobody else', async () => {
    const nested = `export default ${'('.repeat(5_000)}1${')'.repeat(5_000)}`
    expect(await faultOf(nested)).not.toBeNull()
    expect(await run('export default (a: number) => ({ allow: true })')).toMatchObject({ kind: 'answered' })
  })
})
