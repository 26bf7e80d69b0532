// Cedar in WebAssembly behind its port: rules are parsed once, decided often, and nobody's rules can take the engine from the others.
import { createRequire } from 'node:module'
import type { Cedar, CedarDecision, CedarPolicies, CedarRequest } from '../policies/cedar-port.ts'
import { boundsFault, type CedarFault, describeFault, placeOf } from './bounds.ts'

type Engine = typeof import('@cedar-policy/cedar-wasm/nodejs')
type DetailedError = import('@cedar-policy/cedar-wasm/nodejs').DetailedError

const load = createRequire(import.meta.url)
const engineFile = '@cedar-policy/cedar-wasm/nodejs'

/** A rule set that is no rule set; its message is for the person who wrote it. */
export class CedarRefused extends Error {
  readonly faults: readonly CedarFault[]
  constructor(faults: readonly CedarFault[]) {
    super(faults.map(describeFault).join(' '))
    this.faults = faults
  }
}

export interface CedarEngine extends Cedar {
  /** Decides once and keeps nothing of the rules. Throws as `prepare` does. */
  ask(text: string, request: CedarRequest): CedarDecision & Pick<CedarPolicies, 'permits'>
  /** What is wrong with rules, and with a schema and rules against it; empty = nothing. `schema` empty = there is none. */
  check(text: string, schema: string): CedarCheck
}

export interface CedarCheck {
  readonly policies: readonly CedarFault[]
  readonly schema: readonly CedarFault[]
}

interface Rule {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly text: string
  /** Where it begins in the whole text, UTF-16 units. */
  readonly offset: number
}

/**
 * An engine of its own for each thread; its megabytes are loaded when the first rules come. A trap of WebAssembly (what the bounds are
 * there to prevent) ends an instance: the rules that caused it never run again, and all others go on in a new one.
 */
export function createCedarEngine(): CedarEngine {
  let engine: Engine | null = null
  /** Which instance it is: rules that were given to an earlier one are given again. */
  let instance = 0
  const slots = createSlots()

  function running(): Engine {
    engine ??= load(engineFile) as Engine
    return engine
  }

  /** Runs a call; null when it trapped. */
  function guarded<T>(work: (engine: Engine) => T): T | null {
    const current = running()
    try {
      return work(current)
    } catch {
      delete load.cache[load.resolve(engineFile)]
      engine = null
      instance++
      return null
    }
  }

  function readRules(text: string): readonly Rule[] {
    const bounds = boundsFault(text)
    if (bounds !== null) throw new CedarRefused([bounds])
    const parts = guarded((it) => it.policySetTextToParts(text))
    if (parts === null) throw new CedarRefused([tooMuch])
    if (parts.type === 'failure') throw new CedarRefused(parts.errors.map((error) => faultOf(error, text)))
    if (parts.policy_templates.length > 0)
      throw new CedarRefused([
        { line: 0, column: 0, message: 'Templates with slots (?principal) are not supported.' },
      ])
    if (parts.policies.length === 0)
      throw new CedarRefused([{ line: 0, column: 0, message: 'There is no rule in it.' }])
    let from = 0
    const rules = parts.policies.map((part, index): Rule => {
      const offset = Math.max(0, text.indexOf(part, from))
      from = offset + part.length
      const json = guarded((it) => it.policyToJson(part))
      if (json?.type !== 'success') throw new CedarRefused([tooMuch])
      const name = json.json.annotations?.id
      return {
        id: typeof name === 'string' && name !== '' ? name : `rule ${index + 1}`,
        effect: json.json.effect,
        text: part,
        offset,
      }
    })
    const ids = new Set<string>()
    for (const { id, offset } of rules) {
      if (id.length > 100)
        throw new CedarRefused([
          { ...placeOf(text, offset), message: 'An @id is longer than 100 characters.' },
        ])
      if (ids.has(id))
        throw new CedarRefused([{ ...placeOf(text, offset), message: `Two rules have the @id "${id}".` }])
      ids.add(id)
    }
    return rules
  }

  function parse(text: string, slot: Slot): CedarPolicies {
    const rules = readRules(text)
    const effects = new Map(rules.map(({ id, effect }) => [id, effect]))
    const policies = { staticPolicies: Object.fromEntries(rules.map(({ id, text }) => [id, text])) }
    let preparedIn = -1
    let isBroken = false

    /** Hands the rules to the engine unless it has them; false when it cannot take them. */
    function isReady(): boolean {
      if (isBroken) return false
      running()
      if (preparedIn === instance) return true
      const answer = guarded((it) => it.preparsePolicySet(slot.id, policies))
      isBroken = answer?.type !== 'success'
      preparedIn = instance
      return !isBroken
    }

    function decide(request: CedarRequest): CedarDecision {
      if (!isReady()) return stopped
      const answer = guarded((it) =>
        it.statefulIsAuthorized({
          principal: request.principal,
          action: request.action,
          resource: request.resource,
          context: request.context as never,
          entities: request.entities as never,
          preparsedPolicySetId: slot.id,
          validateRequest: false,
        }),
      )
      if (answer === null) {
        isBroken = true
        return stopped
      }
      if (answer.type === 'failure')
        return { decision: 'undecided', rules: [], faults: answer.errors.map(({ message }) => message) }
      const { decision, diagnostics } = answer.response
      // Cedar leaves out what it cannot evaluate. Of a rule that permits, that is safe; one that forbids might have forbidden this.
      const open = diagnostics.errors.filter(({ policyId }) => effects.get(policyId) === 'forbid')
      const faults = diagnostics.errors.map(({ error }) => error.message)
      if (decision === 'allow' && open.length > 0)
        return { decision: 'undecided', rules: open.map(({ policyId }) => policyId), faults }
      return { decision, rules: diagnostics.reason, faults }
    }

    if (!isReady()) throw new CedarRefused([tooMuch])
    return {
      permits: rules
        .filter(({ effect }) => effect === 'permit')
        .slice(0, 10)
        .map(({ id }) => id),
      decide,
    }
  }

  return {
    prepare(text) {
      const slot = slots.take()
      const policies = parse(text, slot)
      slots.freeWith(policies.decide, slot)
      return policies
    },

    ask(text, request) {
      const { decide, permits } = parse(text, asked)
      return { ...decide(request), permits }
    },

    check(text, schema) {
      let rules: readonly Rule[] = []
      try {
        rules = readRules(text)
      } catch (error) {
        if (!(error instanceof CedarRefused)) throw error
        return { policies: error.faults, schema: schema.trim() === '' ? [] : schemaFaults(schema) }
      }
      if (schema.trim() === '') return { policies: [], schema: [] }
      const faults = schemaFaults(schema)
      if (faults.length > 0) return { policies: [], schema: faults }
      const answer = guarded((it) =>
        it.validate({
          schema,
          policies: { staticPolicies: Object.fromEntries(rules.map(({ id, text }) => [id, text])) },
        }),
      )
      if (answer === null) return { policies: [tooMuch], schema: [] }
      if (answer.type === 'failure')
        return { policies: answer.errors.map((error) => faultOf(error, text)), schema: [] }
      return {
        policies: answer.validationErrors.map(({ policyId, error }) => {
          const rule = rules.find(({ id }) => id === policyId)
          return rule === undefined ? faultOf(error, text) : faultOf(error, rule.text, rule.offset, text)
        }),
        schema: [],
      }
    },
  }

  function schemaFaults(schema: string): readonly CedarFault[] {
    const bounds = boundsFault(schema)
    if (bounds !== null) return [bounds]
    const answer = guarded((it) => it.checkParseSchema(schema))
    if (answer === null) return [tooMuch]
    if (answer.type !== 'success') return answer.errors.map((error) => faultOf(error, schema))
    const json = guarded((it) => it.schemaToJson(schema))
    if (json?.type !== 'success') return [tooMuch]
    return environmentsOf(json.json as SchemaJson) > environmentsMax ? [tooMany] : []
  }
}

/** Each rule is checked once for each action with each kind of who and what it applies to: hundreds of each would take minutes. */
const environmentsMax = 200

interface ActionType {
  readonly appliesTo?: {
    readonly principalTypes?: readonly unknown[] | undefined
    readonly resourceTypes?: readonly unknown[] | undefined
  } | null
}

type SchemaJson = Readonly<Record<string, { readonly actions?: Readonly<Record<string, ActionType>> }>>

function environmentsOf(schema: SchemaJson): number {
  let sum = 0
  for (const { actions } of Object.values(schema)) {
    for (const { appliesTo } of Object.values(actions ?? {}))
      sum += (appliesTo?.principalTypes?.length ?? 0) * (appliesTo?.resourceTypes?.length ?? 0)
  }
  return sum
}

const tooMany: CedarFault = {
  line: 0,
  column: 0,
  message: `Its actions apply to more than ${environmentsMax} pairs of principals and resources.`,
}
const tooMuch: CedarFault = {
  line: 0,
  column: 0,
  message: 'It is too deeply nested: make several rules of it.',
}
const stopped: CedarDecision = {
  decision: 'undecided',
  rules: [],
  faults: ['The engine gave these rules up.'],
}

/** Offsets of the engine count bytes of UTF-8, in the part that it was given. */
function faultOf(error: DetailedError, part: string, offset = 0, text = part): CedarFault {
  const [at] = error.sourceLocations ?? []
  // The engine begins each sentence with what it was doing, which is no news.
  const said = error.message.replace(
    /^failed to parse (?:policies|schema) from string: (?:error parsing schema: )?/,
    '',
  )
  const more = [at?.label, error.help].filter(Boolean).join('; ')
  const message = more === '' ? `${said}.` : `${said} (${more}).`
  if (at === undefined) return { line: 0, column: 0, message }
  const before = Buffer.from(part).subarray(0, at.start).toString().length
  return { ...placeOf(text, offset + before), message }
}

/** Of those who ask once: the next one replaces it. */
const asked: Slot = { id: 'asked' }

interface Slot {
  readonly id: string
}

/** The engine keeps a parsed set under its name for good, so names are used again when nobody can ask for the set any more. */
function createSlots() {
  const free: Slot[] = []
  const unused = new FinalizationRegistry<Slot>((slot) => free.push(slot))
  let count = 0
  return {
    take: (): Slot => free.pop() ?? { id: `set-${++count}` },
    freeWith: (holder: object, slot: Slot) => unused.register(holder, slot),
  }
}
