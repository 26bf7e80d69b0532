// Pages of lists: keyset cursors over a stable order that ends in the id, so nothing is skipped or shown twice.
import * as z from 'zod'
import { Prisma } from '../generated/prisma/client.ts'
import { refuse } from '../refusal.ts'

export type Direction = 'asc' | 'desc'

/** Column and direction, in order; the last one is unique. */
export type Order = readonly (readonly [column: string, direction: Direction])[]

interface PageInput {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Page<T> {
  data: T[]
  page: { next_cursor: string | null; has_more: boolean }
}

type Value = string | number | Date
const cursorSchema = z.array(z.union([z.string(), z.number(), z.strictObject({ at: z.iso.datetime() })]))

/**
 * One page: `find` gets Prisma's `where`, `orderBy` and `take`, `show` makes a row presentable.
 * The cursor holds the last row's values of the order; it can only move a reader inside what `find` allows anyway.
 */
export async function paged<Row extends Record<string, unknown>, Shown>(
  input: PageInput,
  order: Order,
  find: (query: { where: object; orderBy: Record<string, Direction>[]; take: number }) => Promise<Row[]>,
  show: (row: Row) => Shown | Promise<Shown>,
): Promise<Page<Shown>> {
  const after = input.cursor === undefined ? null : readCursor(input.cursor, order.length)
  const rows = await find({
    where: after ? beyond(order, after) : {},
    orderBy: order.map(([column, direction]) => ({ [column]: direction })),
    take: input.limit + 1,
  }).catch((cause: unknown) => {
    // Our own cursors hold values of the columns' types; only a made-up one can be no value of them.
    if (after && isWrongValue(cause)) refuse('invalid_cursor', undefined, { cause })
    throw cause
  })
  const shown = rows.slice(0, input.limit)
  const last = shown.at(-1)
  const hasMore = rows.length > input.limit
  return {
    data: await Promise.all(shown.map(show)),
    page: { next_cursor: hasMore && last ? writeCursor(order, last) : null, has_more: hasMore },
  }
}

const isWrongValue = (error: unknown) =>
  error instanceof Prisma.PrismaClientValidationError ||
  (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2020')

/** `(a, b) > (x, y)` in Prisma's words: a > x, or a = x and b > y. */
function beyond(order: Order, after: readonly Value[]): object {
  return {
    OR: order.map(([column, direction], i) => ({
      ...Object.fromEntries(order.slice(0, i).map(([earlier], j) => [earlier, after[j]])),
      [column]: { [direction === 'asc' ? 'gt' : 'lt']: after[i] },
    })),
  }
}

export function writeCursor(order: Order, row: Record<string, unknown>): string {
  const values = order.map(([column]) => {
    const value = row[column]
    return value instanceof Date ? { at: value.toISOString() } : value
  })
  return Buffer.from(JSON.stringify(values)).toString('base64url')
}

export function readCursor(cursor: string, length: number): Value[] {
  try {
    const values = cursorSchema
      .length(length)
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    return values.map((value) => (typeof value === 'object' ? new Date(value.at) : value))
  } catch (cause) {
    return refuse('invalid_cursor', 'Use next_cursor of the page before, unchanged', { cause })
  }
}

/** Prisma's words for "one of these columns holds the text". */
export function containing(text: string | undefined, ...columns: readonly string[]): object {
  const search = text?.trim()
  if (!search) return {}
  return { OR: columns.map((column) => ({ [column]: { contains: search, mode: 'insensitive' } })) }
}
