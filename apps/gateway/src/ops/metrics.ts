// Counts traffic in plain arrays while it runs; turns the counts of all workers into Prometheus text when someone scrapes.
import type { RouteFacts } from '@gatewright/shared/policies/policy'
import type { RequestContext } from '../request/context.ts'
import { knownMethod } from '../request/known-method.ts'

/** Upper bounds of the duration histograms, seconds: those of OpenTelemetry, and three finer ones, since we are a proxy. */
const durationBounds: readonly number[] = [
  0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
]

// Places in the array of one series; the buckets of both histograms follow.
const countAt = 0
const durationAt = 1
const upstreamAt = 2
const upstreamCountAt = 3
const bytesInAt = 4
const bytesOutAt = 5
const bucketsAt = 6
const upstreamBucketsAt = bucketsAt + durationBounds.length + 1
const seriesLength = upstreamBucketsAt + durationBounds.length + 1

/** Series beyond these are counted together: a scrape stays small whatever callers do. */
const seriesMax = 5_000
const otherRoute = 'other'
const noRoute = 'none'

interface SeriesReport {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly values: readonly number[]
}

/** A value that another part of the gateway keeps: a gauge, or a counter that it counts itself. */
export interface Sample {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What one worker counted since it started. Plain data: it crosses threads and processes. */
export interface MetricsReport {
  readonly series: readonly SeriesReport[]
  /** Refusals by code of the catalogue. */
  readonly refusals: Readonly<Record<string, number>>
  readonly inFlight: number
  readonly samples: readonly Sample[]
}

/** Series of one route: status → counts. */
type RouteSeries = Map<number, Float64Array>

export class WorkerMetrics {
  inFlight = 0
  readonly #series = new Map<string, { method: string; route: string; byStatus: RouteSeries }>()
  // From the frozen facts of a compiled route to its series, so that the hot path builds no key.
  readonly #byFacts = new WeakMap<RouteFacts, RouteSeries>()
  readonly #refusals = new Map<string, number>()
  #seriesCount = 0

  arrived(): void {
    this.inFlight++
  }

  /** Once per request, when it is over. */
  observe(ctx: RequestContext): void {
    this.inFlight--
    const series = this.#seriesOf(ctx)
    const seconds = ctx.durationMs / 1_000
    add(series, countAt, 1)
    add(series, durationAt, seconds)
    add(series, bucketsAt + bucketOf(seconds), 1)
    add(series, bytesInAt, ctx.bytesIn)
    add(series, bytesOutAt, ctx.bytesOut)
    if (ctx.upstreamStartedMs > 0) {
      const upstreamSeconds = ctx.upstreamMs / 1_000
      add(series, upstreamCountAt, 1)
      add(series, upstreamAt, upstreamSeconds)
      add(series, upstreamBucketsAt + bucketOf(upstreamSeconds), 1)
    }
    if (ctx.reason !== null) this.#refusals.set(ctx.reason, (this.#refusals.get(ctx.reason) ?? 0) + 1)
  }

  report(samples: readonly Sample[] = []): MetricsReport {
    const series: SeriesReport[] = []
    for (const { method, route, byStatus } of this.#series.values()) {
      for (const [status, values] of byStatus) series.push({ method, route, status, values: [...values] })
    }
    return { series, refusals: Object.fromEntries(this.#refusals), inFlight: this.inFlight, samples }
  }

  #seriesOf(ctx: RequestContext): Float64Array {
    const routed = ctx.match?.kind === 'route'
    let byStatus = routed ? this.#byFacts.get(ctx.route) : undefined
    if (byStatus === undefined) {
      byStatus = routed
        ? this.#routeSeries(ctx.route.method, ctx.route.template)
        : this.#routeSeries(knownMethod(ctx.method), noRoute)
      if (routed) this.#byFacts.set(ctx.route, byStatus)
    }
    let series = byStatus.get(ctx.status)
    if (series === undefined) {
      if (this.#seriesCount >= seriesMax) byStatus = this.#routeSeries('_OTHER', otherRoute)
      series = byStatus.get(ctx.status) ?? new Float64Array(seriesLength)
      if (!byStatus.has(ctx.status)) this.#seriesCount++
      byStatus.set(ctx.status, series)
    }
    return series
  }

  #routeSeries(method: string, route: string): RouteSeries {
    const key = `${method} ${route}`
    let found = this.#series.get(key)
    if (found === undefined) {
      found = { method, route, byStatus: new Map() }
      this.#series.set(key, found)
    }
    return found.byStatus
  }
}

function add(series: Float64Array, at: number, amount: number): void {
  series[at] = (series[at] as number) + amount
}

function bucketOf(seconds: number): number {
  let bucket = 0
  while (bucket < durationBounds.length && seconds > (durationBounds[bucket] as number)) bucket++
  return bucket
}

/** The sum of what workers reported; gauges add up too (connections, requests in flight). */
export function mergeReports(reports: readonly MetricsReport[]): MetricsReport {
  const series = new Map<string, { method: string; route: string; status: number; values: number[] }>()
  const refusals: Record<string, number> = {}
  const samples = new Map<string, Sample>()
  let inFlight = 0
  for (const report of reports) {
    inFlight += report.inFlight
    for (const { method, route, status, values } of report.series) {
      const key = `${method} ${route} ${status}`
      const found = series.get(key)
      if (found === undefined) series.set(key, { method, route, status, values: [...values] })
      else found.values = found.values.map((value, i) => value + (values[i] ?? 0))
    }
    for (const [code, count] of Object.entries(report.refusals))
      refusals[code] = (refusals[code] ?? 0) + count
    for (const sample of report.samples) {
      const key = `${sample.name}${labelsText(sample.labels)}`
      samples.set(key, { ...sample, value: (samples.get(key)?.value ?? 0) + sample.value })
    }
  }
  return { series: [...series.values()], refusals, inFlight, samples: [...samples.values()] }
}

/** Prometheus text exposition format, version 0.0.4. */
export function renderPrometheus(report: MetricsReport): string {
  const out: string[] = []
  const labelled = report.series.map((it) => ({
    values: it.values,
    labels: {
      http_request_method: it.method,
      http_route: it.route,
      http_response_status_code: String(it.status),
    },
  }))
  histogram(
    out,
    'http_server_request_duration_seconds',
    'Arrival of a request to the last byte of its reply.',
    labelled,
    { count: countAt, sum: durationAt, buckets: bucketsAt },
  )
  histogram(
    out,
    'gw_upstream_duration_seconds',
    'Start of an upstream call to the last byte of its response.',
    labelled.filter(({ values }) => (values[upstreamCountAt] ?? 0) > 0),
    { count: upstreamCountAt, sum: upstreamAt, buckets: upstreamBucketsAt },
  )
  const bytesOf = (at: number) => labelled.map(({ labels, values }) => ({ labels, value: values[at] ?? 0 }))
  simple(out, 'gw_request_body_bytes_total', 'counter', 'Bytes of request bodies.', bytesOf(bytesInAt))
  simple(out, 'gw_response_body_bytes_total', 'counter', 'Bytes of reply bodies.', bytesOf(bytesOutAt))
  simple(
    out,
    'gw_refusals_total',
    'counter',
    'Requests that the gateway itself refused, by reason code.',
    Object.entries(report.refusals).map(([reason, value]) => ({ labels: { reason }, value })),
  )
  simple(out, 'gw_requests_in_flight', 'gauge', 'Requests under way.', [
    { labels: {}, value: report.inFlight },
  ])
  const byName = Map.groupBy(report.samples, ({ name }) => name)
  for (const [name, samples] of byName) {
    const [first] = samples
    if (first !== undefined) simple(out, name, first.type, first.help, samples)
  }
  return `${out.join('\n')}\n`
}

type Labels = Readonly<Record<string, string>>

function simple(
  out: string[],
  name: string,
  type: Sample['type'],
  help: string,
  samples: readonly { readonly labels: Labels; readonly value: number }[],
): void {
  out.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
  for (const { labels, value } of samples) out.push(`${name}${labelsText(labels)} ${value}`)
}

function histogram(
  out: string[],
  name: string,
  help: string,
  series: readonly { readonly labels: Labels; readonly values: readonly number[] }[],
  at: { readonly count: number; readonly sum: number; readonly buckets: number },
): void {
  out.push(`# HELP ${name} ${help}`, `# TYPE ${name} histogram`)
  for (const { labels, values } of series) {
    let below = 0
    durationBounds.forEach((bound, i) => {
      below += values[at.buckets + i] ?? 0
      out.push(`${name}_bucket${labelsText({ ...labels, le: String(bound) })} ${below}`)
    })
    out.push(`${name}_bucket${labelsText({ ...labels, le: '+Inf' })} ${values[at.count] ?? 0}`)
    out.push(`${name}_sum${labelsText(labels)} ${values[at.sum] ?? 0}`)
    out.push(`${name}_count${labelsText(labels)} ${values[at.count] ?? 0}`)
  }
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
