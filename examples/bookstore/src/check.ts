// Says what is wrong with a request, every mistake at once and each with its place.
import { genres, type NewBook, type NewOrder } from './store.ts'

export type Mistake = { at: string; message: string }

export class BadRequestError extends Error {
  readonly mistakes: Mistake[]

  constructor(mistakes: Mistake[]) {
    super('The request is not valid.')
    this.mistakes = mistakes
  }
}

type Rule = (value: unknown) => string | undefined

const text =
  (minLength: number, maxLength: number): Rule =>
  (value) =>
    typeof value === 'string' && value.length >= minLength && value.length <= maxLength
      ? undefined
      : `must be a text of ${minLength} to ${maxLength} characters`

const whole =
  (min: number, max: number): Rule =>
  (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? undefined
      : `must be a whole number from ${min} to ${max}`

const oneOf =
  (values: readonly string[]): Rule =>
  (value) =>
    typeof value === 'string' && values.includes(value) ? undefined : `must be one of ${values.join(', ')}`

const matching =
  (pattern: RegExp, what: string): Rule =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `must be ${what}`

const bookRules: Record<keyof NewBook, Rule> = {
  title: text(1, 200),
  authorId: text(1, 100),
  genre: oneOf(genres),
  year: whole(1400, 2100),
  isbn: matching(/^[0-9]{13}$/, 'an ISBN-13 without dashes'),
  priceCents: whole(0, Number.MAX_SAFE_INTEGER),
  stock: whole(0, Number.MAX_SAFE_INTEGER),
}

const lineRules: Record<string, Rule> = { bookId: text(1, 100), quantity: whole(1, 1000) }

const orderRules: Record<keyof NewOrder, Rule> = {
  customer: matching(/^[^\s@]+@[^\s@]+$/, 'an e-mail address'),
  lines: (value) =>
    Array.isArray(value) && value.length >= 1 && value.length <= 50
      ? undefined
      : 'must be a list of 1 to 50 lines',
}

export function checkBook(body: unknown): NewBook {
  const mistakes = findMistakes(body, bookRules, 'body')
  if (mistakes.length > 0) throw new BadRequestError(mistakes)
  return body as NewBook
}

export function checkOrder(body: unknown): NewOrder {
  const mistakes = findMistakes(body, orderRules, 'body')
  const lines = (body as { lines?: unknown } | null)?.lines
  if (Array.isArray(lines))
    mistakes.push(...lines.flatMap((line, i) => findMistakes(line, lineRules, `body.lines[${i}]`)))
  if (mistakes.length > 0) throw new BadRequestError(mistakes)
  return body as NewOrder
}

function findMistakes(value: unknown, rules: Record<string, Rule>, at: string): Mistake[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ at, message: 'must be an object' }]
  const fields = value as Record<string, unknown>
  const unknown = Object.keys(fields).filter((name) => !Object.hasOwn(rules, name))
  return [
    ...unknown.map((name) => ({ at: `${at}.${name}`, message: 'is not known here' })),
    ...Object.entries(rules).flatMap(([name, rule]) => {
      const message = rule(fields[name])
      return message === undefined ? [] : [{ at: `${at}.${name}`, message }]
    }),
  ]
}

/** Reads query parameters; what is not declared is refused, so that a typo does not silently widen a list. */
export function readQuery(query: URLSearchParams, known: readonly string[]) {
  const mistakes: Mistake[] = [...new Set(query.keys())]
    .filter((name) => !known.includes(name))
    .map((name) => ({ at: `query.${name}`, message: 'is not known here' }))
  const read = <T>(name: string, rule: Rule, convert: (value: string) => T, fallback: T): T => {
    const raw = query.get(name)
    if (raw === null) return fallback
    const value = convert(raw)
    const message = rule(value)
    if (message !== undefined) mistakes.push({ at: `query.${name}`, message })
    return value
  }
  return {
    whole: (name: string, min: number, max: number, fallback: number) =>
      read(name, whole(min, max), (raw) => (/^\d+$/.test(raw) ? Number(raw) : Number.NaN), fallback),
    oneOf: <T extends string>(name: string, values: readonly T[], fallback: T | undefined) =>
      read<T | undefined>(name, oneOf(values), (raw) => raw as T, fallback),
    required: (name: string, maxLength: number) => {
      if (!query.has(name)) mistakes.push({ at: `query.${name}`, message: 'is required' })
      return read(name, text(1, maxLength), String, '')
    },
    optional: (name: string) => query.get(name) ?? undefined,
    done() {
      if (mistakes.length > 0) throw new BadRequestError(mistakes)
    },
  }
}
