// How long requests take, split into what the gateway costs and what the upstream takes.

import { useTranslation } from 'react-i18next'
import { ChartPanel } from '../../charts/panel.tsx'
import { cx } from '../../ui/class-names.ts'
import { useFormat } from '../../ui/format.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { AnswerPanel, BasisLine, CallButton } from './answer-panel.tsx'
import { latencyPoints, named, useLatency, usePublishMarks, useTopRoutes } from './queries.ts'
import { RankedTable } from './ranked-table.tsx'
import { useScope } from './scope.ts'
import { percentileSeries } from './series.ts'
import { Toolbar } from './toolbar.tsx'

const parts = ['gateway', 'upstream'] as const

export function LatencyPage() {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const scope = useScope()
  const latency = useLatency(scope)
  const { data } = latency
  const marks = usePublishMarks(scope)
  const zoom = (from: string, to: string) => scope.set({ from, to })
  const call = <CallButton question="latency" slice={scope.slice} />
  const foot = <BasisLine basis={data?.basis} />
  const queryOf = (points: ReturnType<typeof latencyPoints> | undefined) => ({
    data: points ? { points } : undefined,
    error: latency.error,
    refetch: latency.refetch,
  })
  const shared = { kind: 'line', format: format.duration, marks, onZoom: zoom, actions: call, foot } as const
  return (
    <Page>
      <PageHeader title={t('latency.title')} sentence={t('latency.sentence')} />
      <Toolbar />
      <AnswerPanel
        title={t('latency.summary')}
        question="latency"
        slice={scope.slice}
        query={latency}
        skeletonClass="h-28"
      >
        {(answer) => (
          <PercentileTable
            rows={[...parts, 'total' as const].map((part) => ({ part, values: named(answer[part]) }))}
          />
        )}
      </AnswerPanel>
      <ChartPanel
        {...shared}
        title={t('latency.total')}
        definition={t('latency.totalDefinition')}
        query={queryOf(data && latencyPoints(data, 'total'))}
        series={percentileSeries}
        headline={(key) => (data ? (named(data.total)[key as 'p50'] ?? null) : null)}
        height={260}
      />
      <div className="grid gap-6 xl:grid-cols-3">
        <ChartPanel
          {...shared}
          title={t('latency.split')}
          definition={t('latency.splitDefinition')}
          query={queryOf(
            data?.points.map((point) => ({
              at: point.at,
              gateway: point.gateway.p95Ms,
              upstream: point.upstream.p95Ms,
            })),
          )}
          series={[
            { key: 'upstream', label: t('latency.upstream'), color: 'var(--series-2)' },
            { key: 'gateway', label: t('latency.gateway'), color: 'var(--series-1)' },
          ]}
          headline={(key) => (data ? (key === 'gateway' ? data.gateway.p95Ms : data.upstream.p95Ms) : null)}
        />
        {parts.map((part) => (
          <ChartPanel
            {...shared}
            key={part}
            title={t(part === 'gateway' ? 'latency.gatewayTitle' : 'latency.upstreamTitle')}
            query={queryOf(data && latencyPoints(data, part))}
            series={percentileSeries}
            headline={(key) => (data ? (named(data[part])[key as 'p50'] ?? null) : null)}
          />
        ))}
      </div>
      <RankedTable
        title={t('latency.slowest')}
        head={t('apis.route')}
        question="top-routes"
        scope={scope}
        query={useTopRoutes(scope)}
        filter="route"
        mono
        most={12}
        sortBy="p95Ms"
      />
    </Page>
  )
}

type Part = 'gateway' | 'upstream' | 'total'

function PercentileTable({
  rows,
}: {
  rows: ReadonlyArray<{ part: Part; values: ReturnType<typeof named> }>
}) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const labels = {
    gateway: t('latency.gateway'),
    upstream: t('latency.upstream'),
    total: t('latency.totalLabel'),
  }
  const names = ['p50', 'p90', 'p95', 'p99'] as const
  // A phone has room for three: those that the charts below draw.
  const onlyWide = (name: (typeof names)[number]) => name === 'p90' && 'max-sm:hidden'
  return (
    <div className="-mx-4 overflow-x-auto">
      <table aria-label={t('latency.summary')} className="w-full text-left">
        <thead>
          <tr className="text-xs text-muted [&>*]:px-4 [&>*]:py-1.5 [&_th]:font-medium max-sm:[&>*]:px-2 max-sm:[&>*:first-child]:pl-4 max-sm:[&>*:last-child]:pr-4">
            <td />
            {names.map((name) => (
              <th key={name} scope="col" className={cx('text-right', onlyWide(name))}>
                <span className="inline-flex items-center gap-1.5">
                  <span
                    aria-hidden
                    className="size-2 rounded-full"
                    style={{ background: `var(--${name})` }}
                  />
                  {name}
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ part, values }) => (
            <tr
              key={part}
              className="[&>*]:border-t [&>*]:border-line [&>*]:px-4 [&>*]:py-2 max-sm:[&>*]:px-2 max-sm:[&>*:first-child]:pl-4 max-sm:[&>*:last-child]:pr-4"
            >
              <th scope="row" className="font-medium">
                {labels[part]}
              </th>
              {names.map((name) => {
                const value = values[name]
                return (
                  <td
                    key={name}
                    className={cx(
                      'text-right tabular whitespace-nowrap',
                      onlyWide(name),
                      part === 'total' && 'text-md font-semibold',
                    )}
                  >
                    {value === null ? '–' : format.duration(value)}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
