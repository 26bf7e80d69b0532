import { afterEach, describe, expect, it } from 'vitest'
import type { RequestContext } from '../request/context.ts'
import { mergeReports, renderPrometheus, WorkerMetrics } from './metrics.ts'

const facts = { method: 'GET', template: '/books/{id}' }

function over(status: number, parts: Partial<Record<keyof RequestContext, unknown>> = {}): RequestContext {
  return {
    match: { kind: 'route' },
    route: facts,
    method: 'GET',
    status,
    reason: null,
    durationMs: 4,
    upstreamStartedMs: 1,
    upstreamMs: 3,
    bytesIn: 10,
    bytesOut: 100,
    ...parts,
  } as unknown as RequestContext
}

/** Value of the line that starts with `name{labels}`. */
function sampleOf(text: string, line: string): number {
  const found = text.split('\n').find((it) => it.startsWith(`${line} `))
  if (found === undefined) throw new Error(`no line ${line} in\n${text}`)
  return Number(found.slice(line.length + 1))
}

const labels = 'http_request_method="GET",http_route="/books/{id}",http_response_status_code="200"'

describe('metrics', () => {
  let metrics = new WorkerMetrics()
  afterEach(() => {
    metrics = new WorkerMetrics()
  })

  it('G1 counts to the request, over workers', () => {
    const other = new WorkerMetrics()
    for (let i = 0; i < 7; i++) metrics.observe(over(200))
    for (let i = 0; i < 5; i++) other.observe(over(200))
    other.observe(over(429, { reason: 'rate_limited', upstreamStartedMs: 0 }))
    const text = renderPrometheus(mergeReports([metrics.report(), other.report()]))
    expect(sampleOf(text, `http_server_request_duration_seconds_count{${labels}}`)).toBe(12)
    expect(sampleOf(text, `http_server_request_duration_seconds_sum{${labels}}`)).toBeCloseTo(0.048)
    expect(sampleOf(text, `gw_response_body_bytes_total{${labels}}`)).toBe(1_200)
    expect(sampleOf(text, 'gw_refusals_total{reason="rate_limited"}')).toBe(1)
  })

  it('G2 keeps the time of upstreams apart', () => {
    metrics.observe(over(200, { durationMs: 110, upstreamMs: 100 }))
    metrics.observe(over(401, { durationMs: 1, upstreamStartedMs: 0, reason: 'credential_missing' }))
    const text = renderPrometheus(metrics.report())
    expect(sampleOf(text, `gw_upstream_duration_seconds_sum{${labels}}`)).toBeCloseTo(0.1)
    expect(text).not.toMatch(/gw_upstream_duration_seconds_count.*"401"/)
  })

  it('has cumulative buckets that end in the count', () => {
    for (const durationMs of [0.1, 0.5, 0.6, 3, 30_000]) metrics.observe(over(200, { durationMs }))
    const text = renderPrometheus(metrics.report())
    const bucket = (le: string) =>
      sampleOf(text, `http_server_request_duration_seconds_bucket{${labels},le="${le}"}`)
    expect(['0.0005', '0.001', '0.005', '10', '+Inf'].map(bucket)).toEqual([2, 3, 4, 4, 5])
  })

  it('counts what is under way', () => {
    metrics.arrived()
    metrics.arrived()
    metrics.observe(over(200))
    expect(sampleOf(renderPrometheus(metrics.report()), 'gw_requests_in_flight')).toBe(1)
  })

  it('G4 stays bounded whatever callers send', () => {
    for (let i = 0; i < 20_000; i++) {
      metrics.observe(over(404, { match: null, method: `M${i}` }))
      metrics.observe(over(200, { route: { method: 'GET', template: `/${i}` } }))
    }
    const { series } = metrics.report()
    expect(series.length).toBeLessThan(5_100)
    expect(series.reduce((sum, { values }) => sum + (values[0] ?? 0), 0)).toBe(40_000)
  })

  it('G4 writes what Prometheus can read', () => {
    metrics.observe(over(200, { route: { method: 'GET', template: '/a"b\\c' } }))
    const sample = { name: 'gw_x', help: 'X.', type: 'gauge', labels: { a: 'b' }, value: 2 } as const
    const text = renderPrometheus(mergeReports([metrics.report([sample]), metrics.report([sample])]))
    expect(text).toContain('http_route="/a\\"b\\\\c"')
    expect(sampleOf(text, 'gw_x{a="b"}')).toBe(4)
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)+\})? [0-9.e+-]+)$/)
    }
    const types = text.match(/^# TYPE (\w+)/gm) ?? []
    expect(new Set(types).size).toBe(types.length)
  })
})
