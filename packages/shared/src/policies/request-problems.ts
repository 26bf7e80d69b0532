// Faults of a request in words that help whoever sent it: where, which rule, what would be right; never what was sent.
import type { FieldError } from '../errors.ts'
import type { ParameterFault } from '../validation/parameters.ts'
import type { ValueFault } from './schema-port.ts'

export type Problem = FieldError & { readonly in: NonNullable<FieldError['in']> }

/** Problems told in one answer. */
export const problemsMax = 20
/** Characters of a value of the document that a sentence repeats. */
const shownMax = 200

const textFaults: Readonly<Record<ParameterFault['rule'], string>> = {
  encoding: 'is not encoded as it should be',
  repeated: 'is there more than once',
  json: 'is not JSON',
  undeclared: 'is not part of this operation',
}

export function parameterProblem(fault: ParameterFault): Problem {
  return {
    in: fault.in,
    pointer: pointerTo('', fault.name),
    code: fault.rule,
    detail: `The ${placeName(fault.in)} “${brief(fault.name)}” ${textFaults[fault.rule]}.`,
  }
}

/** Of the object whose members are the places of parameters. */
export function parameterProblems(faults: readonly ValueFault[]): Problem[] {
  return distinct(
    faults.map((fault) => {
      const { place, rest } = splitPlace(pointerOf(fault))
      const name = nameIn(rest)
      return {
        in: place,
        pointer: rest,
        code: fault.keyword,
        detail:
          fault.keyword === 'required'
            ? `The ${placeName(place)} “${brief(name)}” is missing.`
            : `The ${placeName(place)} “${brief(name)}” ${clause(fault)}.`,
      }
    }),
  )
}

export function bodyProblems(faults: readonly ValueFault[]): Problem[] {
  return distinct(
    faults.map((fault) => {
      const pointer = pointerOf(fault)
      const what = pointer === '' ? 'The body' : `“${brief(pointer)}”`
      const detail = fault.keyword === 'required' ? `${what} is missing.` : `${what} ${clause(fault)}.`
      return { in: 'body' as const, pointer, code: fault.keyword, detail }
    }),
  )
}

/** Of what is missing or too much, the place where it is meant to be. */
function pointerOf({ instancePath, keyword, params }: ValueFault): string {
  const name =
    params.missingProperty ?? params.additionalProperty ?? params.unevaluatedProperty ?? params.propertyName
  return typeof name === 'string' && keyword !== 'dependentRequired'
    ? pointerTo(instancePath, name)
    : instancePath
}

function clause({ keyword, params }: ValueFault): string {
  switch (keyword) {
    case 'type':
      return `must be ${among(params.type)}`
    case 'enum':
      return `must be one of ${values(params.allowedValues)}`
    case 'const':
      return `must be ${values([params.allowedValue])}`
    case 'format':
      return `must be of the format ${params.format}`
    case 'pattern':
      return `must match the pattern ${brief(String(params.pattern))}`
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `must be ${params.comparison} ${params.limit}`
    case 'multipleOf':
      return `must be a multiple of ${params.multipleOf}`
    case 'minLength':
      return `must have at least ${params.limit} characters`
    case 'maxLength':
      return `must have at most ${params.limit} characters`
    case 'minItems':
      return `must have at least ${params.limit} entries`
    case 'maxItems':
      return `must have at most ${params.limit} entries`
    case 'minProperties':
      return `must have at least ${params.limit} members`
    case 'maxProperties':
      return `must have at most ${params.limit} members`
    case 'uniqueItems':
      return 'must not have the same entry twice'
    case 'additionalProperties':
    case 'unevaluatedProperties':
    case 'false schema':
      return 'is not allowed here'
    case 'readOnly':
      return 'is set by the service alone'
    case 'oneOf':
      return params.passingSchemas === null
        ? 'fits none of the alternatives'
        : 'fits more than one of the alternatives'
    case 'anyOf':
      return 'fits none of the alternatives'
    case 'not':
      return 'is what it must not be'
    case 'dependentRequired':
      return `needs ${params.deps} beside ${brief(String(params.property))}`
    default:
      return `breaks the rule ${keyword}`
  }
}

function among(types: unknown): string {
  const names = (Array.isArray(types) ? types : [types]).map((type) =>
    type === 'null' ? 'null' : `${/^[aio]/.test(String(type)) ? 'an' : 'a'} ${type}`,
  )
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` : String(names[0])
}

function values(list: unknown): string {
  return brief((Array.isArray(list) ? list : [list]).map((value) => JSON.stringify(value)).join(', '))
}

function brief(text: string): string {
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text
}

const placeNames = {
  path: 'path parameter',
  query: 'query parameter',
  header: 'header',
  cookie: 'cookie',
  body: 'field',
} as const

function placeName(place: Problem['in']): string {
  return placeNames[place]
}

function splitPlace(pointer: string): { readonly place: Problem['in']; readonly rest: string } {
  const slash = pointer.indexOf('/', 1)
  const name = slash < 0 ? pointer.slice(1) : pointer.slice(1, slash)
  const place = name === 'path' || name === 'header' || name === 'cookie' ? name : 'query'
  return { place, rest: slash < 0 ? '' : pointer.slice(slash) }
}

function nameIn(pointer: string): string {
  const [, name = ''] = pointer.split('/')
  return name.replaceAll('~1', '/').replaceAll('~0', '~')
}

function pointerTo(base: string, name: string): string {
  return `${base}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The same once: alternatives say the same of one place again and again. What only sums up others comes last. */
function distinct(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, Problem>()
  for (const problem of problems) {
    if (problem.code === 'if') continue
    const key = `${problem.in} ${problem.pointer} ${problem.code} ${problem.detail}`
    if (!seen.has(key)) seen.set(key, problem)
  }
  return [...seen.values()].slice(0, problemsMax)
}
