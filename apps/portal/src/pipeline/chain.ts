// A policy chain while it is edited: lanes by stage, moves that keep the stages' order, and what is wrong with it.

import type { Scope, Stage } from '@gatewright/shared/policies/policy'
import type { PolicyInput } from '@gatewright/shared/policies/specs'

/** What the server says about a policy type; the picker, the lanes and the generated forms read it. */
export interface PolicyType {
  type: string
  title: string
  summary: string
  stage: string
  scopes: readonly string[]
  needsBody: boolean
  schema: Record<string, unknown>
  example: Record<string, unknown>
}

/** A step of the chain with a key that survives edits of its name. */
export interface Step {
  key: string
  policy: PolicyInput
}

/** A step of an outer scope: it runs too, and is edited elsewhere. */
export interface InheritedStep {
  from: Scope
  name: string
  policy: PolicyInput
}

/** An exception that somebody wants to add to the firewall step of that name; without a target the rule is off. */
export interface ProposedException {
  step: string
  rule: number
  target: string | null
}

export interface Lane {
  stage: Stage
  inherited: readonly InheritedStep[]
  steps: readonly Step[]
}

export const laneOrder: readonly Stage[] = ['edge', 'identify', 'admit', 'shape', 'upstream']

/** Types the portal does not know are kept and shown last, never dropped. */
export function stageOf(type: string, types: readonly PolicyType[]): Stage {
  const stage = types.find((candidate) => candidate.type === type)?.stage
  return laneOrder.find((lane) => lane === stage) ?? 'shape'
}

export function toSteps(policies: readonly PolicyInput[]): Step[] {
  return policies.map((policy, index) => ({ key: `${index}/${policy.type}/${policy.name}`, policy }))
}

export function lanesOf(
  steps: readonly Step[],
  inherited: readonly InheritedStep[],
  types: readonly PolicyType[],
): Lane[] {
  return laneOrder.map((stage) => ({
    stage,
    inherited: inherited.filter((step) => stageOf(step.policy.type, types) === stage),
    steps: steps.filter((step) => stageOf(step.policy.type, types) === stage),
  }))
}

/** The order in which the steps run: by stage, and inside a stage as the person arranged them. */
export function inRunningOrder(steps: readonly Step[], types: readonly PolicyType[]): Step[] {
  return laneOrder.flatMap((stage) => steps.filter((step) => stageOf(step.policy.type, types) === stage))
}

/** One place up (-1) or down (+1) inside its lane; the same list when it is already at the lane's end. */
export function move(
  steps: readonly Step[],
  key: string,
  by: -1 | 1,
  types: readonly PolicyType[],
): readonly Step[] {
  const lane = laneOf(steps, key, types)
  const target = lane[lane.findIndex((step) => step.key === key) + by]
  return target === undefined ? steps : place(steps, key, target.key, by === -1 ? 'before' : 'after', types)
}

/** Drops a step beside another one of the same lane; a drop into another lane changes nothing. */
export function place(
  steps: readonly Step[],
  key: string,
  besideKey: string,
  side: 'before' | 'after',
  types: readonly PolicyType[],
): readonly Step[] {
  const moved = steps.find((step) => step.key === key)
  const beside = steps.find((step) => step.key === besideKey)
  if (!moved || !beside || moved === beside) return steps
  if (stageOf(moved.policy.type, types) !== stageOf(beside.policy.type, types)) return steps
  const rest = steps.filter((step) => step !== moved)
  const at = rest.indexOf(beside) + (side === 'after' ? 1 : 0)
  return [...rest.slice(0, at), moved, ...rest.slice(at)]
}

export function laneOf(steps: readonly Step[], key: string, types: readonly PolicyType[]): readonly Step[] {
  const step = steps.find((candidate) => candidate.key === key)
  if (!step) return []
  const stage = stageOf(step.policy.type, types)
  return steps.filter((candidate) => stageOf(candidate.policy.type, types) === stage)
}

/** The firewall step that a proposed exception is for. */
export function firewallOf(steps: readonly Step[], { step }: ProposedException): Step | undefined {
  return steps.find(({ policy }) => policy.type === 'waf' && policy.name === step)
}

/** With the exception; the same list where there is no such firewall, or it has the exception. */
export function withException(steps: readonly Step[], proposed: ProposedException): readonly Step[] {
  const found = firewallOf(steps, proposed)
  if (found === undefined) return steps
  const { rule, target } = proposed
  const given: unknown = Reflect.get(found.policy.config, 'exclusions')
  const exclusions: readonly unknown[] = Array.isArray(given) ? given : []
  const isThere = exclusions.some((one) => JSON.stringify(one) === JSON.stringify({ rule, target }))
  if (isThere) return steps
  const config = { ...found.policy.config, exclusions: [...exclusions, { rule, target }] }
  const changed = { ...found, policy: { ...found.policy, config } as PolicyInput }
  return steps.map((step) => (step === found ? changed : step))
}

/** A name that no other step of the chain has: `rate-limit`, `rate-limit-2`, … */
export function freeName(wish: string, steps: readonly Step[]): string {
  const taken = new Set(steps.map((step) => step.policy.name))
  if (!taken.has(wish)) return wish
  const stem = wish.replace(/-\d+$/, '')
  let number = 2
  while (taken.has(`${stem}-${number}`)) number++
  return `${stem}-${number}`
}

export interface ChainProblem {
  /** The step it speaks of; null = the whole chain. */
  key: string | null
  code: 'name-taken' | 'name-shape' | 'wrong-scope' | 'by-caller-unknown' | 'no-identify'
  /** A warning may be saved: it does something, but maybe not what was meant. */
  level: 'error' | 'warning'
  /** Names the other step or the scope the sentence speaks of. */
  about: string
}

const nameShape = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const byCaller = ['application', 'principal']

/**
 * What the server would refuse, or what would not do as the person thinks, told before saving.
 * `expectsIdentity` is true where a route is not public: without an identify step the gateways refuse it.
 */
export function chainProblems(
  steps: readonly Step[],
  inherited: readonly InheritedStep[],
  types: readonly PolicyType[],
  scope: Scope,
  expectsIdentity: boolean,
): ChainProblem[] {
  const problems: ChainProblem[] = []
  const runs = [...steps, ...inherited].filter((step) => step.policy.enabled)
  const isIdentified = runs.some((step) => stageOf(step.policy.type, types) === 'identify')
  if (expectsIdentity && !isIdentified) {
    problems.push({ key: null, code: 'no-identify', level: 'error', about: scope })
  }
  for (const [index, step] of steps.entries()) {
    const { name, type, config, enabled } = step.policy
    if (!nameShape.test(name))
      problems.push({ key: step.key, code: 'name-shape', level: 'error', about: name })
    if (steps.findIndex((other) => other.policy.name === name) < index) {
      problems.push({ key: step.key, code: 'name-taken', level: 'error', about: name })
    }
    const known = types.find((candidate) => candidate.type === type)
    if (known && !known.scopes.includes(scope)) {
      problems.push({ key: step.key, code: 'wrong-scope', level: 'error', about: scope })
    }
    const by: unknown = Reflect.get(config, 'by')
    if (
      enabled &&
      !isIdentified &&
      (scope === 'version' || scope === 'route') &&
      byCaller.includes(String(by))
    ) {
      problems.push({ key: step.key, code: 'by-caller-unknown', level: 'warning', about: String(by) })
    }
  }
  return problems
}

/** Whether saving would change anything. */
export function isSameChain(a: readonly PolicyInput[], b: readonly PolicyInput[]): boolean {
  return JSON.stringify(a.map(sorted)) === JSON.stringify(b.map(sorted))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, entry]) => [name, sorted(entry)]),
  )
}
