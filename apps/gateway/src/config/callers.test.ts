// Who has to be known on a route where several policies ask.
import { type PolicyContext, refuse } from '@gatewright/shared/policies/policy'
import { expect, it } from 'vitest'
import { demandCaller, protects } from './callers.ts'
import type { Step } from './steps.ts'

interface Call {
  readonly key?: boolean
  readonly token?: boolean
  readonly public?: boolean
  /** Somebody opens a page. */
  readonly page?: boolean
}

const missing = { key: refuse('credential_missing'), token: refuse('token_missing') }

/** A policy that takes one kind of credential, whoever sent it. */
function step(kind: 'key' | 'token', scope: Step['scope']): Step {
  const sent = (ctx: PolicyContext) => (ctx as unknown as Call)[kind] === true
  return {
    facts: { policy: kind, type: kind === 'key' ? 'api-key' : 'jwt', scope, stage: 'identify' },
    stage: 'identify',
    scope,
    phases: {
      absent: missing[kind],
      ...(kind === 'token' && { sent }),
      request(ctx) {
        if (sent(ctx)) ctx.principal ??= { applicationId: kind } as PolicyContext['principal']
        return undefined
      },
    },
  }
}

async function codeOf(steps: readonly Step[], call: Call): Promise<string | null> {
  const ctx = {
    ...call,
    principal: null,
    person: null,
    route: { public: call.public ?? false },
  } as unknown as PolicyContext
  for (const { phases } of demandCaller(steps)) {
    const verdict = await phases.request?.(ctx)
    if (verdict !== undefined) return verdict.kind === 'refusal' ? verdict.code : verdict.kind
  }
  return null
}

it('C11 of several policies of one scope any is enough, and none is not', async () => {
  const steps = [step('key', 'version'), step('token', 'version')]
  expect(await codeOf(steps, { key: true })).toBeNull()
  expect(await codeOf(steps, { token: true })).toBeNull()
  expect(await codeOf(steps, {})).toBe('credential_missing')
})

it('C15 a token that a route demands is not replaced by a key that its API takes', async () => {
  const steps = [step('key', 'version'), step('token', 'version'), step('token', 'route')]
  expect(await codeOf(steps, { key: true })).toBe('token_missing')
  expect(await codeOf(steps, { key: true, token: true })).toBeNull()
  expect(await codeOf(steps, { token: true })).toBeNull()
  expect(await codeOf(steps, {})).toBe('credential_missing')
})

it('C15 nor is one that the operator demands everywhere', async () => {
  const steps = [step('token', 'global'), step('key', 'version')]
  expect(await codeOf(steps, { key: true })).toBe('token_missing')
  expect(await codeOf(steps, { token: true })).toBeNull()
})

it('C11 a public route takes everybody', async () => {
  expect(await codeOf([step('key', 'version'), step('token', 'route')], { public: true })).toBeNull()
})

it('C8 C11 a policy that only vouches takes nobody’s place where others ask', async () => {
  const gate = (vouches: boolean): Step => {
    const { facts, stage, scope } = step('token', 'route')
    return { facts, stage, scope, phases: { vouches, request: () => undefined } }
  }
  expect(await codeOf([gate(true)], {})).toBeNull()
  expect([protects(gate(true)), protects(gate(false))]).toEqual([true, false])
  for (const vouches of [true, false]) {
    const steps = [step('key', 'version'), step('token', 'route'), gate(vouches)]
    expect(await codeOf(steps, {})).toBe('credential_missing')
    // It does not hide that a token is all that the route offers.
    expect(await codeOf(steps, { key: true })).toBe('token_missing')
    expect(await codeOf(steps, { key: true, token: true })).toBeNull()
  }
})

it('C4 whom no policy knows is invited by the one that can, and a person needs no application', async () => {
  const invitation = { kind: 'reply', status: 302, headers: [], body: '' } as const
  const login: Step = {
    ...step('token', 'version'),
    phases: {
      absent: missing.token,
      sent: (ctx) => ctx.person !== null,
      invite: async (ctx) => ((ctx as unknown as Call).page ? invitation : undefined),
      request(ctx) {
        if ((ctx as unknown as Call).token) ctx.person = { issuer: 'i', subject: 's', key: 'k' }
        return undefined
      },
    },
  }
  const either = [step('key', 'version'), login]
  expect(await codeOf(either, { token: true })).toBeNull()
  expect(await codeOf(either, { key: true, page: true })).toBeNull()
  expect(await codeOf(either, {})).toBe('credential_missing')
  expect(await codeOf(either, { page: true })).toBe('reply')
  const demanded = [step('key', 'version'), { ...login, scope: 'route' } as Step]
  expect(await codeOf(demanded, { key: true })).toBe('token_missing')
  expect(await codeOf(demanded, { key: true, page: true })).toBe('reply')
  expect(await codeOf(demanded, { page: true, public: true })).toBeNull()
})
