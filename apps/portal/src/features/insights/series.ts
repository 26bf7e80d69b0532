// The lines and bars of the insights charts: HTTP classes and percentiles have one colour everywhere.

export const classSeries = [
  { key: 's2xx', label: '2xx', color: 'var(--http-2xx)' },
  { key: 's3xx', label: '3xx', color: 'var(--http-3xx)' },
  { key: 's4xx', label: '4xx', color: 'var(--http-4xx)' },
  { key: 's5xx', label: '5xx', color: 'var(--http-5xx)' },
] as const

export const percentileSeries = [
  { key: 'p50', label: 'p50', color: 'var(--p50)' },
  { key: 'p95', label: 'p95', color: 'var(--p95)' },
  { key: 'p99', label: 'p99', color: 'var(--p99)' },
] as const

/** The colour of the class of an HTTP status. */
export function colorOf(status: number): string {
  return `var(--http-${Math.floor(status / 100)}xx)`
}
