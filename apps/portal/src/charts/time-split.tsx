// Where the time of one request went: in the gateway, and in what stands behind it.

import { useFormat } from '../ui/format.ts'

interface TimeSplitProps {
  gatewayMs: number
  /** 0 = the upstream was not called. */
  upstreamMs: number
  labels: { gateway: string; upstream: string; total: string; notCalled: string }
}

export function TimeSplit({ gatewayMs, upstreamMs, labels }: TimeSplitProps) {
  const format = useFormat()
  const total = gatewayMs + upstreamMs
  const share = total === 0 ? 100 : (gatewayMs / total) * 100
  return (
    <div className="flex flex-col gap-2">
      <div aria-hidden className="flex h-2.5 gap-px overflow-hidden rounded-full bg-hover">
        <span style={{ width: `${share}%`, minWidth: 3, background: 'var(--series-1)' }} />
        {upstreamMs > 0 ? <span className="flex-1" style={{ background: 'var(--series-2)' }} /> : null}
      </div>
      <dl className="tabular flex flex-wrap gap-x-6 gap-y-1 text-sm">
        <Part color="var(--series-1)" label={labels.gateway} value={format.duration(gatewayMs)} />
        {upstreamMs > 0 ? (
          <>
            <Part color="var(--series-2)" label={labels.upstream} value={format.duration(upstreamMs)} />
            <Part label={labels.total} value={format.duration(total)} />
          </>
        ) : null}
      </dl>
      {upstreamMs > 0 ? null : <p className="text-sm text-muted">{labels.notCalled}</p>}
    </div>
  )
}

function Part({ color, label, value }: { color?: string; label: string; value: string }) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="flex items-center gap-1.5 text-muted">
        {color ? <span aria-hidden className="size-2 rounded-full" style={{ background: color }} /> : null}
        {label}
      </dt>
      <dd className="font-medium">{value}</dd>
    </div>
  )
}
