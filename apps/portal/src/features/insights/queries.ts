// One question of the contract = one query here = one panel; points are flattened into what charts draw.

import { useQuery } from '@tanstack/react-query'
import { type client, orpc } from '../../api/client.ts'
import type { Mark } from '../../charts/types.ts'
import type { Scope } from './scope.ts'

export function useOverview({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.overview.queryOptions({ input: slice, refetchInterval }))
}

export function useTraffic({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.traffic.queryOptions({ input: slice, refetchInterval }))
}

/** The publishes of the range, to mark on every chart of a page. */
export function usePublishMarks(scope: Scope): Mark[] {
  return useTraffic(scope).data?.publishes.map(({ at, reason }) => ({ at, label: reason })) ?? []
}

type Latency = Awaited<ReturnType<typeof client.analytics.latency>>
type Percentiles = Latency['total']

export interface LatencyPoint {
  at: string
  [percentile: string]: string | number | null
}

/** `total`, `gateway` or `upstream`: the points of one part as p50, p90, p95 and p99. */
export function latencyPoints(data: Latency, part: 'total' | 'gateway' | 'upstream'): LatencyPoint[] {
  return data.points.map((point) => ({ at: point.at, ...named(point[part]) }))
}

export function named(percentiles: Percentiles): {
  p50: number | null
  p90: number | null
  p95: number | null
  p99: number | null
} {
  return { p50: percentiles.p50Ms, p90: percentiles.p90Ms, p95: percentiles.p95Ms, p99: percentiles.p99Ms }
}

export function useLatency({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.latency.queryOptions({ input: slice, refetchInterval }))
}

export function useErrors({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.errors.queryOptions({ input: slice, refetchInterval }))
}

export function useStatus({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.status.queryOptions({ input: slice, refetchInterval }))
}

export function useTopApis({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.topApis.queryOptions({ input: slice, refetchInterval }))
}

export function useTopApplications({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.topApplications.queryOptions({ input: slice, refetchInterval }))
}

export function useTopRoutes({ slice, refetchInterval }: Scope) {
  return useQuery(orpc.analytics.topRoutes.queryOptions({ input: slice, refetchInterval }))
}

export type Ranked = Awaited<ReturnType<typeof client.analytics.topApis>>['data'][number]
export type ErrorRow = Awaited<ReturnType<typeof client.analytics.errors>>['data'][number]
