// validate-request: parameters and bodies as the API's own document describes them, before the upstream hears of the request (ADR 78).
import * as z from 'zod'
import { essence } from '../media-type.ts'
import type { JsonLimits } from '../validation/json-scan.ts'
import type { ContentRule } from '../validation/operation-rules.ts'
import { readForm, readParameters } from '../validation/parameters.ts'
import { charsetRefusal, codingRefusal, jsonText } from './json-body.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse, type Verdict } from './policy.ts'
import {
  bodyProblems,
  type Problem,
  parameterProblem,
  parameterProblems,
  problemsMax,
} from './request-problems.ts'
import type { Checked, FormPart, Operation } from './schema-port.ts'

const choice = (yes: 'allow' | 'pass') => z.enum([yes, 'refuse'])

export const spec = defineSpec({
  type: 'validate-request',
  stage: 'shape',
  title: 'Validate requests',
  summary:
    'Checks parameters and bodies against the API’s own OpenAPI document and refuses what it does not describe.',
  scopes: ['version', 'route'],
  needsBody: true,
  config: z.strictObject({
    mode: z.enum(['observe', 'warn', 'enforce']).default('enforce').meta({
      title: 'What becomes of faults',
      help: 'Observe: counted. Warn: the answer names them in Validation-Warning. Enforce: refused with 400',
    }),
    parameters: z
      .boolean()
      .default(true)
      .meta({ title: 'Check parameters', help: 'Path, query, headers, cookies' }),
    body: z
      .boolean()
      .default(true)
      .meta({ title: 'Check bodies', help: 'JSON and forms; of others the media type' }),
    undeclaredParameters: choice('allow').default('allow').meta({
      title: 'Query parameters that are not described',
      group: 'How strictly',
    }),
    readOnlyFields: choice('allow').default('allow').meta({
      title: 'Fields that are read-only',
      help: 'Clients that send back what they got send them too',
      group: 'How strictly',
    }),
    undescribedRoutes: choice('pass').default('refuse').meta({
      title: 'Routes that the document does not describe',
      help: 'Refuse: every call to them; publishing names them first',
      group: 'How strictly',
    }),
    uncheckable: choice('pass').default('refuse').meta({
      title: 'Rules that cannot be checked',
      help: 'Such as patterns with look-ahead. Pass: the rest is checked; refuse: such an operation cannot be published',
      group: 'How strictly',
    }),
    except: z.array(z.string().min(1).max(200)).max(500).default([]).meta({
      title: 'Operations that are left alone',
      help: 'By operationId, or as GET /books/{id} with the path of the document',
    }),
    bodyBytesMax: z.int().min(0).max(10_485_760).default(1_048_576).meta({
      title: 'Largest body',
      widget: 'bytes',
      help: 'Larger ones are refused where faults are, and pass unchecked elsewhere',
      group: 'Bounds',
    }),
    depthMax: z.int().min(1).max(500).default(64).meta({
      title: 'Depth of JSON',
      help: 'Arrays and objects inside each other',
      group: 'Bounds',
    }),
  }),
  example: { mode: 'warn' },
})

const unavailable = refuse('validation_unavailable', { retryAfterMs: 1_000 })
const tooComplex = refuse('request_too_complex')
const undescribed = refuse('operation_undocumented')
/** Larger values are told their first fault: of thousands of wrong entries, the list of faults takes longer than finding them. */
const explainedBytesMax = 16_384
const warningHeader = 'validation-warning'

export const policy = definePolicy(spec, (config, { schemas, forms, drift }) => {
  const { mode, readOnlyFields, undeclaredParameters } = config
  const refusesReadOnly = readOnlyFields === 'refuse'
  const except = new Set(config.except)
  const limits = {
    depth: config.depthMax,
    keys: 100_000,
    items: 1_000_000,
    stringBytes: config.bodyBytesMax,
    values: 1_000_000,
  }

  /** Whoever only counts faults turns nobody away, for a large body as little. */
  function passesUnchecked(length: number | null): boolean {
    return mode !== 'enforce' && length !== null && length > config.bodyBytesMax
  }

  function operationOf(ctx: PolicyContext): Operation | null {
    const { operation, operationId } = ctx.route
    if (operation === null || except.size === 0) return operation
    const isExcepted = (operationId !== null && except.has(operationId)) || except.has(operation.key)
    return isExcepted ? null : operation
  }

  /** What the mode makes of faults; a refusal in every other case. */
  function judged(ctx: PolicyContext, problems: readonly Problem[], value?: unknown): Verdict {
    const [first] = problems
    if (first === undefined) return undefined
    drift.note(ctx.route, 'request', problems, value)
    if (mode === 'observe') return undefined
    if (mode === 'warn') {
      for (const { in: place, pointer, code } of problems.slice(0, 5))
        ctx.replyHeaders.append(
          warningHeader,
          `${code}; in=${place}; at="${encodeURI(pointer).slice(0, 200)}"`,
        )
      return undefined
    }
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    return refuse('request_invalid', {
      detail: `${first.detail}${more}`,
      errors: problems.slice(0, problemsMax),
    })
  }

  /** Of a refusal that is about the request itself: it holds only where faults are refused. */
  function hold(ctx: PolicyContext, refusal: Refusal | undefined): Verdict {
    if (refusal === undefined || mode === 'enforce') return refusal
    return judged(ctx, [{ in: 'body', pointer: '', code: refusal.code, detail: '' }])
  }

  function conclude(
    ctx: PolicyContext,
    checked: Checked,
    problems: (faults: Extract<Checked, { kind: 'faults' }>['faults']) => readonly Problem[],
    value?: unknown,
  ): Verdict {
    switch (checked.kind) {
      case 'valid':
        return undefined
      case 'faults':
        return judged(ctx, problems(checked.faults), value)
      case 'too-complex':
        return hold(ctx, tooComplex)
      case 'unavailable':
        return mode === 'enforce' ? unavailable : undefined
    }
  }

  function checkParameters(
    ctx: PolicyContext,
    { rules, definitions }: Operation,
  ): Verdict | Promise<Verdict> {
    const isOpen = undeclaredParameters === 'allow'
    if (rules.parameters.length === 0 && (isOpen || ctx.query === '')) return undefined
    const known = isOpen ? null : new Set(rules.credentialParameters)
    const { values, faults } = readParameters(rules.parameters, sourceOf(ctx), known)
    if (faults.length > 0) return judged(ctx, faults.slice(0, problemsMax).map(parameterProblem))
    if (rules.parametersSchema === null) return undefined
    const checked = schemas.check(
      { schema: rules.parametersSchema, definitions, refusesReadOnly: false },
      values,
      true,
    )
    return checked instanceof Promise
      ? checked.then((it) => conclude(ctx, it, parameterProblems))
      : conclude(ctx, checked, parameterProblems)
  }

  function checkValue(
    ctx: PolicyContext,
    operation: Operation,
    rule: ContentRule,
    value: unknown,
    size: number,
  ): Verdict | Promise<Verdict> {
    if (rule.schema === null) return undefined
    const use = { schema: rule.schema, definitions: operation.definitions, refusesReadOnly }
    const checked = schemas.check(use, value, size <= explainedBytesMax)
    return checked instanceof Promise
      ? checked.then((it) => conclude(ctx, it, bodyProblems, value))
      : conclude(ctx, checked, bodyProblems, value)
  }

  async function checkMultipart(
    ctx: PolicyContext,
    operation: Operation,
    rule: ContentRule,
    body: Uint8Array,
  ) {
    const read = await forms.multipart(ctx.header('content-type') ?? '', body)
    if (read.kind === 'malformed')
      return judged(ctx, [formProblem('The body is not the form that its type says.')])
    if (read.kind === 'too-many') return hold(ctx, tooComplex)
    return checkValue(ctx, operation, rule, formValue(read.parts, rule, limits), body.length)
  }

  return {
    request(ctx) {
      if (ctx.route.operation === null)
        return config.undescribedRoutes === 'pass' ? undefined : hold(ctx, undescribed)
      const operation = operationOf(ctx)
      if (operation === null) return undefined
      if (config.body && ctx.bodyLength !== 0) {
        if (mode === 'enforce') ctx.limitBody(config.bodyBytesMax)
        const { body } = operation.rules
        if (body === null) {
          const verdict = judged(ctx, [noBody])
          if (verdict !== undefined) return verdict
        }
        const refusal = hold(ctx, typeRefusal(ctx, operation))
        if (refusal !== undefined) return refusal
      }
      return config.parameters ? checkParameters(ctx, operation) : undefined
    },
    wantsBody: (ctx) => config.body && !passesUnchecked(ctx.bodyLength) && wantsBody(operationOf(ctx), ctx),
    requestBody(ctx, body) {
      if (passesUnchecked(body.length)) return undefined
      const operation = operationOf(ctx)
      const rule = operation && contentRule(operation, ctx.header('content-type'))
      if (operation === null) return undefined
      if (body.length === 0) {
        if (operation.rules.body?.required !== true) return undefined
        return judged(ctx, [{ in: 'body', pointer: '', code: 'required', detail: 'The body is missing.' }])
      }
      if (rule === null) return undefined
      if (rule.kind === 'multipart') return checkMultipart(ctx, operation, rule, body)
      if (rule.kind === 'form') {
        const { value, fault } = readForm(decoder.decode(body), rule.fields ?? {})
        if (fault !== null) return judged(ctx, [formProblem('The form cannot be read.')])
        return checkValue(ctx, operation, rule, value, body.length)
      }
      if (rule.kind !== 'json') return undefined
      const read = jsonText(body, limits)
      if (read.kind === 'refusal') return hold(ctx, read)
      return checkValue(ctx, operation, rule, JSON.parse(read.text), body.length)
    },
  }
})

const decoder = new TextDecoder()
const noBody: Problem = {
  in: 'body',
  pointer: '',
  code: 'undeclared',
  detail: 'The operation takes no body.',
}

function sourceOf(ctx: PolicyContext) {
  return {
    path: (name: string) => ctx.pathParameter(name),
    query: ctx.query,
    header: (name: string) => ctx.header(name),
  }
}

function wantsBody(operation: Operation | null, ctx: PolicyContext): boolean {
  if (operation === null || operation.rules.body === null) return false
  if (ctx.bodyLength === 0) return operation.rules.body.required
  const rule = contentRule(operation, ctx.header('content-type'))
  return rule !== null && rule.kind !== 'other' && rule.schema !== null
}

/** The description of bodies of this type: the exact one before a range. */
function contentRule({ rules }: Operation, contentType: string | undefined): ContentRule | null {
  const content = rules.body?.content ?? []
  const type = essence(contentType ?? '')
  const exact = content.find(({ mediaType }) => mediaType === type)
  return exact ?? content.find(({ mediaType }) => covers(mediaType, type)) ?? null
}

function covers(range: string, type: string): boolean {
  if (range === '*/*') return true
  return range.endsWith('/*') && type.startsWith(range.slice(0, -1))
}

/** A body where none is described, or of a type, charset or coding that nobody can check. */
function typeRefusal(ctx: PolicyContext, operation: Operation): Refusal | undefined {
  const { body } = operation.rules
  if (body === null || body.content.length === 0) return undefined
  const contentType = ctx.header('content-type')
  const rule = contentType === undefined ? null : contentRule(operation, contentType)
  if (rule === null) {
    const accepted = body.content.map(({ mediaType }) => mediaType).join(', ')
    return refuse('media_type_not_supported', {
      detail: `Accepted media types: ${accepted}.`,
      headers: ['Accept', accepted],
    })
  }
  if (rule.kind === 'other' || rule.schema === null) return undefined
  return codingRefusal(ctx) ?? charsetRefusal(contentType)
}

function formProblem(detail: string): Problem {
  return { in: 'body', pointer: '', code: 'form', detail }
}

/** Parts by name: a list where the document speaks of one, files as their (empty) text, JSON parts as what they say. */
function formValue(
  parts: readonly FormPart[],
  { fields = {} }: ContentRule,
  limits: JsonLimits,
): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const { name, text, mediaType } of parts) {
    if (name === '__proto__') continue
    const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
    const isJson = shape?.kind === 'object' || essence(mediaType) === 'application/json'
    const one = text === null ? '' : isJson ? jsonPart(text, limits) : scalarPart(text, shape?.types ?? [])
    // Which of several counts, the gateway and the upstream might decide otherwise: all of them are one list.
    const list = Object.hasOwn(value, name) ? value[name] : undefined
    if (shape?.kind === 'array') {
      if (Array.isArray(list)) list.push(one)
      else value[name] = [one]
    } else if (Object.hasOwn(value, name)) value[name] = [list, one].flat()
    else value[name] = one
  }
  return value
}

/** What is no JSON stays the text that it is, and has no member that the document could speak of. */
function jsonPart(text: string, limits: JsonLimits): unknown {
  const read = jsonText(new TextEncoder().encode(text), limits)
  return read.kind === 'refusal' ? text : JSON.parse(read.text)
}

function scalarPart(text: string, types: readonly string[]): unknown {
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  const isNumber = types.includes('integer') || types.includes('number')
  return isNumber && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : text
}
