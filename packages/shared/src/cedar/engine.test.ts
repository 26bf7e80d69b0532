// The engine behind the rules: what it says of texts that are none, what it decides, and that nobody's text can stop it.
import { describe, expect, it } from 'vitest'
import type { CedarRequest } from '../policies/cedar-port.ts'
import { CedarRefused, createCedarEngine } from './engine.ts'

const engine = createCedarEngine()

const request = (attrs: CedarRequest['context'] = {}, hour = 9): CedarRequest => ({
  principal: { type: 'Application', id: 'shop' },
  action: { type: 'Action', id: 'getBook' },
  resource: { type: 'Route', id: 'GET /books/{id}' },
  context: { time: { hour } },
  entities: [
    { uid: { type: 'Application', id: 'shop' }, attrs, parents: [{ type: 'Group', id: 'partners' }] },
    { uid: { type: 'Action', id: 'getBook' }, attrs: {}, parents: [{ type: 'Action', id: 'GET' }] },
  ],
})

const faultsOf = (text: string, schema = '') => {
  const { policies, schema: ofSchema } = engine.check(text, schema)
  return [...policies, ...ofSchema].map(({ line, column, message }) => `${line}:${column} ${message}`)
}

describe('C14 Cedar, checked when it is saved', () => {
  it('names line, column and what is wrong', () => {
    const [fault] = faultsOf(
      '// grüße\n@id("a")\npermit (principal, action, resource)\nwhen { principal.dept == };',
    )
    expect(fault).toMatch(/^4:26 unexpected token `}` \(expected/)
  })

  it('checks rules against a schema, each at its own place', () => {
    const schema = `entity Application { dept: String };
      entity Route;
      action getBook appliesTo { principal: Application, resource: Route, context: { time: { hour: Long } } };`
    const text = `@id("fine")
permit (principal, action, resource) when { context.time.hour < 18 };
@id("not so fine")
permit (principal, action, resource) when { principal.dep == "books" };`
    expect(faultsOf(text, schema)).toEqual([expect.stringMatching(/^4:45 .*`dep`.*did you mean `dept`\?/)])
    expect(faultsOf(text.replace('.dep ', '.dept '), schema)).toEqual([])
    expect(faultsOf(text, 'entity Application {')[0]).toMatch(/^1:\d+ /)
  })

  it('refuses what says nothing, slots, and two rules of one name', () => {
    expect(faultsOf('// nothing')).toEqual(['0:0 There is no rule in it.'])
    expect(faultsOf('permit (principal == ?principal, action, resource);')[0]).toContain('Templates')
    const twice = '@id("x") permit (principal, action, resource);\n'
    expect(faultsOf(twice + twice)).toEqual(['2:1 Two rules have the @id "x".'])
  })
})

describe('C14 Cedar, decided', () => {
  it('refuses by default, and names who decided', () => {
    const rules = engine.prepare(`
      @id("partners") permit (principal in Group::"partners", action in Action::"GET", resource);
      @id("night") forbid (principal, action, resource) when { context.time.hour >= 22 };`)
    expect(rules.permits).toEqual(['partners'])
    expect(rules.decide(request())).toEqual({ decision: 'allow', rules: ['partners'], faults: [] })
    expect(rules.decide(request({}, 23))).toEqual({ decision: 'deny', rules: ['night'], faults: [] })
    const others = engine.prepare('permit (principal in Group::"staff", action, resource);')
    expect(others.decide(request())).toEqual({ decision: 'deny', rules: [], faults: [] })
  })

  it('asked once, it leaves nothing that others could be judged by', () => {
    const kept = engine.prepare('@id("kept") permit (principal, action, resource);')
    expect(engine.ask('@id("never") forbid (principal, action, resource);', request())).toMatchObject({
      decision: 'deny',
      rules: ['never'],
      permits: [],
    })
    expect(kept.decide(request()).rules).toEqual(['kept'])
    expect(() => engine.ask('permit', request())).toThrow(CedarRefused)
  })

  it('a rule that could have forbidden it and cannot be evaluated refuses', () => {
    const rules = engine.prepare(`@id("all") permit (principal, action, resource);
      @id("blocked") forbid (principal, action, resource) when { principal.blocked };`)
    expect(rules.decide(request({ blocked: false })).decision).toBe('allow')
    expect(rules.decide(request())).toMatchObject({ decision: 'undecided', rules: ['blocked'] })
    expect(rules.decide(request({ blocked: 'yes' }))).toMatchObject({ decision: 'undecided' })
  })
})

/** The deepest that the bounds let through, of each construct that nests. */
const deepest: Readonly<Record<string, string>> = {
  parentheses: `${'('.repeat(17)}true${')'.repeat(17)}`,
  negations: `${'!('.repeat(17)}true${')'.repeat(17)}`,
  sets: `${'['.repeat(17)}1${']'.repeat(17)} == 1`,
  records: `${'{a:'.repeat(17)}1${'}'.repeat(17)} == 1`,
  sums: `1${'+1'.repeat(148)} > 0`,
  dots: `principal${'.a'.repeat(149)}`,
  conditions: `${'if true then '.repeat(149)}true${' else false'.repeat(149)}`,
  calls: `principal${'.a.contains(1)'.repeat(74)}`,
  everything: `1${'+1'.repeat(66)} + ${'(1 + '.repeat(8)}${'if [[[{a:principal'.repeat(2)}${'.a'.repeat(60)} == 1`,
  mixed: `${'(!(1 == 1 && if true then '.repeat(8)}1${'+1'.repeat(90)} > 0${' else false))'.repeat(8)}`,
}

describe('C14 Cedar, attacked', () => {
  it.each(Object.entries(deepest))('bears the deepest %s that the bounds let through', (_, body) => {
    const text = `permit (principal, action, resource) when { ${body} };`
    const schema =
      'entity Application; entity Route; action getBook appliesTo { principal: Application, resource: Route };'
    for (const fault of faultsOf(text, schema)) expect(fault).not.toContain('deeply nested')
    const rules = () => engine.prepare(text)
    try {
      expect(
        rules()
          .decide(request({ a: { a: 1 } }))
          .faults.join(),
      ).not.toContain('gave these rules up')
    } catch (error) {
      expect(error).toBeInstanceOf(CedarRefused)
      expect((error as Error).message).not.toContain('deeply nested')
    }
  })

  it.each([
    ['brackets', '('.repeat(500)],
    ['operators', `1${'+1'.repeat(5000)}`],
    ['rules', 'permit (principal, action, resource);'.repeat(101)],
  ])('too many %s are refused before they are parsed', (_, body) => {
    expect(() => engine.prepare(`permit (principal, action, resource) when { ${body}`)).toThrow(/more than/)
  })

  it('a comment hides nothing from the bounds: it ends where the engine ends it', () => {
    const text = `permit (principal, action, resource) when { true // \r && ${'('.repeat(30)}true${')'.repeat(30)} };`
    expect(() => engine.prepare(text)).toThrow(/more than 20 deep/)
  })

  it('patterns that a caller can make slow are refused, and the slowest of the others hold nobody up', () => {
    const like = (pattern: string) =>
      `permit (principal, action, resource) when { principal.s like "${pattern}" };`
    expect(() => engine.prepare(like(`*${'a'.repeat(201)}`))).toThrow(/patterns of like/)
    expect(() => engine.prepare(like(`*${'a'.repeat(150)}`).repeat(2))).toThrow(/patterns of like/)
    // What stands before the first * is compared once, however long it is.
    engine.prepare(like(`/${'a'.repeat(5000)}*`))
    const slowest = engine.prepare(like(`*${'a'.repeat(199)}b`))
    const s = 'a'.repeat(32_000)
    slowest.decide(request({ s }))
    const times = Array.from({ length: 5 }, () => {
      const from = performance.now()
      expect(slowest.decide(request({ s })).decision).toBe('deny')
      return performance.now() - from
    })
    expect(Math.min(...times)).toBeLessThan(150)
  })

  it('a schema of very many kinds is refused before rules are checked against it', () => {
    const kinds = Array.from({ length: 40 }, (_, i) => `E${i}`).join(', ')
    const schema = `entity ${kinds}; action read appliesTo { principal: [${kinds}], resource: [${kinds}] };`
    expect(faultsOf('permit (principal, action, resource);', schema).join()).toContain('more than 200 pairs')
  })

  it('claims nested beyond all reason stop the rules that saw them, and no others', () => {
    const hit = engine.prepare('permit (principal, action, resource);')
    const other = engine.prepare('@id("other") permit (principal, action, resource);')
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    expect(hit.decide(request({ deep })).decision).toBe('undecided')
    expect(other.decide(request())).toEqual({ decision: 'allow', rules: ['other'], faults: [] })
  })

  it('the slowest set that the bounds let through holds nobody up for 50 ms', () => {
    const rule = `forbid (principal, action, resource) when { 1 == 2 || ${Array(36).fill('principal.s.containsAll(principal.s)').join('&&')} };\n`
    const text = rule.repeat(Math.floor(16_000 / rule.length))
    const rules = engine.prepare(text)
    const s = Array.from({ length: 500 }, (_, i) => i)
    rules.decide(request({ s }))
    const times = Array.from({ length: 5 }, () => {
      const from = performance.now()
      expect(rules.decide(request({ s })).decision).toBe('deny')
      return performance.now() - from
    })
    expect(Math.min(...times)).toBeLessThan(50)
  })

  it('takes far less than a millisecond, parsed once', () => {
    const rules = engine.prepare('permit (principal, action, resource) when { context.time.hour < 18 };')
    for (let i = 0; i < 200; i++) rules.decide(request())
    const times = Array.from({ length: 200 }, () => {
      const from = performance.now()
      rules.decide(request())
      return performance.now() - from
    })
    expect(times.sort((a, b) => a - b)[20]).toBeLessThan(0.5)
  })
})
