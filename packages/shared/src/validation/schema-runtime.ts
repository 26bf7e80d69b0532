// What the code of a schema calls, and how it becomes a function: bounded in time, whatever the schema and the value are.
import { numberFormats, textFormats } from './formats.ts'
import { compilePattern, TooComplex } from './patterns.ts'

/** One fault of a value, as ajv tells it; never the value itself. */
export interface SchemaError {
  /** JSON pointer into the value. */
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
}

/** The faults of a value; null when it has none. Throws `TooComplex`. */
export type SchemaCheck = (value: unknown) => readonly SchemaError[] | null

/** Rounds that need no look at the clock: a body of a megabyte has less. */
const freeRounds = 20_000
/** Longest check, milliseconds. */
const timeMsMax = 50

let rounds = 0
let startedMs = 0

/** Called whenever a definition is entered. */
export function guard(): void {
  if (++rounds < freeRounds || (rounds & 63) !== 0) return
  if (rounds < freeRounds + 64) startedMs = performance.now()
  else if (performance.now() - startedMs > timeMsMax) throw new TooComplex()
}

/** Whether no two items are equal: each is looked at once. */
export function isUnique(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>()
  for (const item of items) {
    const key = typeof item === 'object' && item !== null ? `o${canonical(item)}` : item
    seen.add(typeof key === 'string' && key === item ? `s${key}` : key)
  }
  return seen.size === items.length
}

function canonical(value: unknown): string {
  // Lists inside of lists that have to be unique are written out once for each level.
  guard()
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join()}}`
}

/** Those of ajv's form: what is not among them is not checked. */
export const formats = {
  ...textFormats,
  ...Object.fromEntries(
    Object.entries(numberFormats).map(([name, validate]) => [name, { type: 'number' as const, validate }]),
  ),
}

/** Characters as people count them (JSON Schema 2020-12 validation, 6.3.1). */
function lengthOf(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdbff) continue
    const next = text.charCodeAt(i + 1)
    if (next >= 0xdc00 && next <= 0xdfff) {
      length--
      i++
    }
  }
  return length
}

function isEqual(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && canonical(a) === canonical(b))
}

const modules: Readonly<Record<string, unknown>> = {
  gatewright: { guard, isUnique, formats, pattern: (source: string) => ({ test: compilePattern(source) }) },
  'ajv/dist/runtime/ucs2length': { default: lengthOf },
  'ajv/dist/runtime/equal': { default: isEqual },
}

interface Compiled {
  (value: unknown): boolean
  errors?: readonly SchemaError[] | null
}

/** The function that `schemaCode` wrote. Only for text that came from it. */
export function runSchemaCode(code: string): SchemaCheck {
  const module: { exports: unknown } = { exports: null }
  const load = new Function('require', 'module', code)
  load((name: string) => modules[name] ?? refuseModule(name), module)
  const check = module.exports as Compiled
  return (value) => {
    rounds = 0
    if (check(value)) return null
    const { errors } = check
    check.errors = null
    return errors ?? []
  }
}

function refuseModule(name: string): never {
  throw new Error(`the code of a schema asks for ${name}`)
}
