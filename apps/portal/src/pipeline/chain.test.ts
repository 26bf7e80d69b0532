import { describe, expect, test } from 'vitest'
import {
  chainProblems,
  freeName,
  inRunningOrder,
  isSameChain,
  lanesOf,
  move,
  type PolicyType,
  place,
  type Step,
  withException,
} from './chain.ts'

const types = [
  { type: 'cors', stage: 'edge' },
  { type: 'api-key', stage: 'identify' },
  { type: 'rate-limit', stage: 'admit' },
  { type: 'quota', stage: 'admit' },
  { type: 'headers', stage: 'shape' },
].map(
  (type): PolicyType => ({
    ...type,
    title: type.type,
    summary: '',
    scopes: ['tenant', 'version', 'route'],
    needsBody: false,
    schema: {},
    example: {},
  }),
)

const step = (name: string, type = name, config: Record<string, unknown> = {}): Step =>
  ({ key: name, policy: { type, name, enabled: true, config } }) as Step

const names = (steps: readonly Step[]) => steps.map((entry) => entry.policy.name)

describe('D4, D5: an exception that a link proposes', () => {
  const exclusion = { rule: 942100, target: 'ARGS:comment' }
  const proposed = { step: 'guard', ...exclusion }
  const chain = [
    step('headers'),
    step('other', 'waf'),
    step('guard', 'waf', { exclusions: [{ rule: 1, target: null }] }),
  ]

  test('is added to the firewall of that name, once, and nothing else changes', () => {
    const next = withException(chain, proposed)
    expect(next.slice(0, 2)).toEqual(chain.slice(0, 2))
    expect(next[2]?.policy.config).toEqual({ exclusions: [{ rule: 1, target: null }, exclusion] })
    expect(withException(next, proposed)).toBe(next)
  })

  test('goes nowhere when the firewall is gone, or the name is another policy’s', () => {
    expect(withException(chain, { ...proposed, step: 'gone' })).toBe(chain)
    expect(withException(chain, { ...proposed, step: 'headers' })).toBe(chain)
  })
})

describe('a policy chain while it is edited', () => {
  const chain = [step('headers'), step('rate-limit'), step('api-key'), step('quota')]

  test('runs by stage, whatever the order of the list', () => {
    expect(names(inRunningOrder(chain, types))).toEqual(['api-key', 'rate-limit', 'quota', 'headers'])
    expect(lanesOf(chain, [], types).map((lane) => names(lane.steps))).toEqual([
      [],
      ['api-key'],
      ['rate-limit', 'quota'],
      ['headers'],
      [],
    ])
  })

  test('moves inside a lane and stops at its ends', () => {
    expect(names(move(chain, 'quota', -1, types))).toEqual(['headers', 'quota', 'rate-limit', 'api-key'])
    expect(move(chain, 'rate-limit', -1, types)).toBe(chain)
    expect(move(chain, 'api-key', 1, types)).toBe(chain)
  })

  test('a drop into another lane changes nothing', () => {
    expect(place(chain, 'rate-limit', 'api-key', 'before', types)).toBe(chain)
    expect(names(place(chain, 'rate-limit', 'quota', 'after', types))).toEqual([
      'headers',
      'api-key',
      'quota',
      'rate-limit',
    ])
  })

  test('a copy gets a free name', () => {
    expect(freeName('cors', chain)).toBe('cors')
    expect(freeName('quota', chain)).toBe('quota-2')
    expect(freeName('quota-2', [...chain, step('quota-2', 'quota')])).toBe('quota-3')
  })

  test('tells a taken name, a wrong name and a scope that does not fit', () => {
    const bad = [step('a', 'rate-limit'), step('a', 'quota'), step('Bad name', 'cors')]
    expect(chainProblems(bad, [], types, 'plan', false).map((problem) => problem.code)).toEqual([
      'wrong-scope',
      'name-taken',
      'wrong-scope',
      'name-shape',
      'wrong-scope',
    ])
  })

  test('C11: a chain that identifies nobody is told before the gateways refuse it', () => {
    const limit = step('limit', 'rate-limit', { by: 'application' })
    const codes = (problems: ReturnType<typeof chainProblems>) => problems.map((problem) => problem.code)
    expect(codes(chainProblems([limit], [], types, 'version', true))).toEqual([
      'no-identify',
      'by-caller-unknown',
    ])
    expect(codes(chainProblems([limit], [], types, 'version', false))).toEqual(['by-caller-unknown'])
    const inherited = [{ from: 'tenant' as const, name: 'tenant', policy: step('api-key').policy }]
    expect(chainProblems([limit], inherited, types, 'route', true)).toEqual([])
    const off = { ...step('api-key'), policy: { ...step('api-key').policy, enabled: false } }
    expect(codes(chainProblems([off], [], types, 'version', true))).toEqual(['no-identify'])
  })

  test('the order of members does not make a change', () => {
    expect(
      isSameChain([step('x', 'cors', { a: 1, b: 2 }).policy], [step('x', 'cors', { b: 2, a: 1 }).policy]),
    ).toBe(true)
    expect(
      isSameChain(
        chain.map((entry) => entry.policy),
        [...chain].reverse().map((entry) => entry.policy),
      ),
    ).toBe(false)
  })
})
