// Typed search parameters: the URL holds tabs, filters, sort and ranges, and whatever is typed into it is checked.

type Reader<T> = (raw: string | undefined) => T | undefined

export const text: Reader<string> = (raw) => (raw === undefined || raw === '' ? undefined : raw)

export const integer: Reader<number> = (raw) =>
  raw !== undefined && /^-?\d{1,15}$/.test(raw) ? Number(raw) : undefined

/** RFC 3339 in UTC, as the API takes it. */
export const instant: Reader<string> = (raw) =>
  raw !== undefined && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(raw) && !Number.isNaN(Date.parse(raw))
    ? raw
    : undefined

/** Present or absent: `?panel=1`. */
export const flag: Reader<true> = (raw) => (raw === '1' || raw === 'true' ? true : undefined)

export function oneOf<const V extends readonly string[]>(values: V): Reader<V[number]> {
  return (raw) => values.find((value) => value === raw)
}

type Shape = Record<string, Reader<string | number | true>>

/** For `validateSearch`: unknown names and bad values are dropped, so that an old link still opens. */
export function searchParams<S extends Shape>(shape: S) {
  return (raw: Record<string, unknown>): { [K in keyof S]?: ReturnType<S[K]> } => {
    const read: Record<string, unknown> = {}
    for (const [name, reader] of Object.entries(shape)) {
      const given = raw[name]
      const value = reader(given === undefined || given === null ? undefined : String(given))
      if (value !== undefined) read[name] = value
    }
    return read as { [K in keyof S]?: ReturnType<S[K]> }
  }
}

export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search))
}

export function stringifySearch(values: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value === null || value === '') continue
    params.set(name, value === true ? '1' : String(value))
  }
  const written = params.toString()
  return written === '' ? '' : `?${written}`
}
