// What charts are fed with: points in time, the series drawn from them, moments to mark.

export type Point = { at: string } & Readonly<Record<string, number | string | null>>

export interface Series {
  /** Member of the point. */
  key: string
  label: string
  /** A CSS colour, usually `var(--http-2xx)` and its like. */
  color: string
}

export interface Mark {
  at: string
  label: string
}
