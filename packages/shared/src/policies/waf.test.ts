// waf: what a judgement makes of a request, and what of it is told to whom; the engine itself is tested in the gateway.
import { describe, expect, it } from 'vitest'
import { securityReportSchema } from '../security.ts'
import { createContext, createDeps } from '../testing/policy.fixture.ts'
import type { FirewallVerdict } from './firewall-ports.ts'
import { policy } from './waf.ts'

const at = { id: 'pol_1', name: 'waf', scope: 'version', tenantId: 'ten_1', timeZone: 'UTC' } as const
const match = { rule: 942100, message: 'SQL injection', severity: 'critical', target: 'ARGS:id' } as const
const attack: FirewallVerdict = { kind: 'judged', isAttack: true, score: 10, matches: [match] }

async function judge(judged: FirewallVerdict, config: object = {}, bodyLength: number | null = 0) {
  const phases = policy.create(policy.spec.config.parse(config), createDeps({ judged }), at)
  const ctx = createContext({ bodyLength })
  const head = await phases.request?.(ctx)
  const body = phases.wantsBody?.(ctx) ? await phases.requestBody?.(ctx, new Uint8Array(3)) : undefined
  return { ctx, head, verdict: head ?? body }
}

describe('D4, D5: the firewall', () => {
  it('refuses an attack, and tells the event alone what it was', async () => {
    const { verdict, ctx } = await judge(attack)
    expect(verdict).toEqual({ kind: 'refusal', code: 'waf_blocked' })
    const judgedBy = { policy: 'waf', scope: 'version', threshold: 5, paranoia: 1 }
    expect(ctx.reports).toEqual([
      {
        ...{ kind: 'waf', action: 'blocked', score: 10, rules: [942100], detail: null },
        firewall: { ...judgedBy, matches: [match] },
      },
    ])
  })

  it('names as many rules as an event has room for, and the ids of all that fired, each once', async () => {
    const matches = Array.from({ length: 50 }, (_, i) => ({ ...match, rule: 942_100 + Math.trunc(i / 2) }))
    const { ctx } = await judge({ ...attack, matches })
    const [report] = ctx.reports
    expect([report?.rules.length, report?.firewall?.matches.length]).toEqual([25, 20])
    expect(securityReportSchema.safeParse(report).success).toBe(true)
  })

  it('only says so where it detects, and says nothing of a request that no rule fired for', async () => {
    const { verdict, ctx } = await judge(attack, { mode: 'detect' })
    expect(verdict).toBeUndefined()
    expect(ctx.reports).toMatchObject([{ action: 'detected' }])
    const clean = await judge({ kind: 'judged', isAttack: false, score: 0, matches: [] })
    expect([clean.verdict, clean.ctx.reports]).toEqual([undefined, []])
    const noticed = await judge({
      kind: 'judged',
      isAttack: false,
      score: 3,
      matches: [{ ...match, rule: 920350 }],
    })
    expect([noticed.verdict, noticed.ctx.reports[0]?.action]).toEqual([undefined, 'noticed'])
  })

  it('judges head and body as one, when the body is whole, and only up to its size', async () => {
    const { head, verdict, ctx } = await judge(attack, { bodyBytesMax: 1_000 }, null)
    expect(head).toBeUndefined()
    expect(verdict).toMatchObject({ code: 'waf_blocked' })
    expect(ctx.bodyLimits).toEqual([1_000])
    const unread = await judge(attack, { bodyBytesMax: 0 }, 5)
    expect([unread.head, unread.ctx.bodyLimits]).toMatchObject([{ code: 'waf_blocked' }, []])
  })

  it('turns nobody away where it only detects: a body beyond its size passes, and its head is judged', async () => {
    const detect = { mode: 'detect', bodyBytesMax: 2 }
    const clean: FirewallVerdict = { kind: 'judged', isAttack: false, score: 0, matches: [] }
    // Of chunks nobody knows before how long they are.
    for (const length of [3, null]) {
      const passed = await judge(clean, detect, length)
      expect([passed.verdict, passed.ctx.bodyLimits]).toEqual([undefined, []])
      expect(passed.ctx.reports).toMatchObject([
        { action: 'unseen', detail: expect.stringContaining('body') },
      ])
      expect((await judge(attack, detect, length)).ctx.reports).toMatchObject([{ action: 'detected' }])
    }
    const away = await judge({ kind: 'unavailable' }, { mode: 'detect', whenUnavailable: 'refuse' })
    expect([away.verdict, away.ctx.reports[0]?.action]).toEqual([undefined, 'unseen'])
  })

  it('refuses what nobody could judge, unless a person chose otherwise; then the event says that it passed unseen', async () => {
    expect((await judge({ kind: 'unavailable' })).verdict).toMatchObject({ code: 'waf_unavailable' })
    const passed = await judge({ kind: 'unavailable' }, { whenUnavailable: 'allow' })
    expect([passed.verdict, passed.ctx.reports[0]?.action]).toEqual([undefined, 'unseen'])
  })

  it('takes a request that the rules find no end with for an attack, also where requests pass that nobody can judge', async () => {
    const { verdict, ctx } = await judge({ kind: 'exhausted' }, { whenUnavailable: 'allow' })
    expect(verdict).toMatchObject({ code: 'waf_blocked' })
    expect(ctx.reports).toMatchObject([{ action: 'blocked', score: null }])
    const watched = await judge({ kind: 'exhausted' }, { mode: 'detect' })
    expect([watched.verdict, watched.ctx.reports[0]?.action]).toEqual([undefined, 'detected'])
  })

  it.each<[string, object]>([
    ['a target that ends the directive', { rule: 942100, target: 'ARGS:a"\nSecRuleEngine Off' }],
    ['a target with a comma', { rule: 942100, target: 'ARGS:a,ctl:ruleEngine=Off' }],
    ['a variable that is none', { rule: 942100, target: 'TX:anomaly_score' }],
    ['a rule that adds up', { rule: 949110 }],
    ['a rule of the gateway', { rule: 9_090_001 }],
  ])('an exception with %s is refused', (_, exclusion) => {
    expect(policy.spec.config.safeParse({ exclusions: [exclusion] }).success).toBe(false)
  })
})
