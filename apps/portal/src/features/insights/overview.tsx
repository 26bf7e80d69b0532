// The first question: how is it going, and against the period before?

import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { byReason } from '../../api/reasons.ts'
import { BarList } from '../../charts/bar-list.tsx'
import { ChartPanel } from '../../charts/panel.tsx'
import { useFormat } from '../../ui/format.ts'
import { Link } from '../../ui/link.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Stat, StatRow } from '../../ui/stat.tsx'
import { ErrorState, Skeleton } from '../../ui/states.tsx'
import { type Answer, AnswerPanel, type Basis, BasisLine, CallButton } from './answer-panel.tsx'
import {
  latencyPoints,
  named,
  type Ranked,
  useErrors,
  useLatency,
  useOverview,
  usePublishMarks,
  useTopApis,
  useTopApplications,
  useTraffic,
} from './queries.ts'
import { keptSearch, type Scope, useScope } from './scope.ts'
import { classSeries, colorOf, percentileSeries } from './series.ts'
import { Toolbar } from './toolbar.tsx'

export function OverviewPage() {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const scope = useScope()
  const { slice, tenant, env } = scope
  const traffic = useTraffic(scope)
  const latency = useLatency(scope)
  const environment = useQuery(
    orpc.environments.list.queryOptions({ input: {}, staleTime: 60_000 }),
  ).data?.data.find((candidate) => candidate.name === env)
  const params = { tenant, env }
  const search = keptSearch(scope.filters)
  const marks = usePublishMarks(scope)
  const zoom = (from: string, to: string) => scope.set({ from, to })
  return (
    <Page>
      <PageHeader
        title={t('overview.title')}
        sentence={t('overview.sentence', { environment: environment?.title ?? env })}
      />
      <Toolbar />
      <Stats scope={scope} course={traffic.data?.points} />
      <div className="grid gap-6 xl:grid-cols-2">
        <ChartPanel
          title={t('overview.traffic')}
          unit={t('unit.requests')}
          query={traffic}
          kind="stacked-bar"
          format={format.compact}
          series={classSeries}
          marks={marks}
          onZoom={zoom}
          actions={<CallButton question="traffic" slice={slice} />}
          foot={<BasisLine basis={traffic.data?.basis} />}
        />
        <ChartPanel
          title={t('overview.latency')}
          query={{
            data: latency.data ? { points: latencyPoints(latency.data, 'total') } : undefined,
            error: latency.error,
            refetch: latency.refetch,
          }}
          kind="line"
          format={format.duration}
          series={percentileSeries}
          headline={(key) => (latency.data ? (named(latency.data.total)[key as 'p50'] ?? null) : null)}
          marks={marks}
          onZoom={zoom}
          actions={<CallButton question="latency" slice={slice} />}
          foot={<BasisLine basis={latency.data?.basis} />}
        />
      </div>
      <div className="grid gap-6 lg:grid-cols-2 xl:grid-cols-3">
        <RankedPanel
          title={t('overview.topApis')}
          question="top-apis"
          scope={scope}
          query={useTopApis(scope)}
          filter="api"
          all={
            <Link
              to="/insights/t/$tenant/$env/apis"
              params={params}
              search={search}
              className="px-1.5 text-sm"
            >
              {t('overview.all')}
            </Link>
          }
        />
        <RankedPanel
          title={t('overview.topApplications')}
          question="top-applications"
          scope={scope}
          query={useTopApplications(scope)}
          filter="application"
          all={
            <Link
              to="/insights/t/$tenant/$env/consumers"
              params={params}
              search={search}
              className="px-1.5 text-sm"
            >
              {t('overview.all')}
            </Link>
          }
        />
        <ReasonsPanel scope={scope} />
      </div>
    </Page>
  )
}

function Stats({
  scope,
  course,
}: {
  scope: Scope
  course: ReadonlyArray<{ requests: number; s4xx: number; s5xx: number; bytesOut: number }> | undefined
}) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const overview = useOverview(scope)
  if (overview.error && !overview.data)
    return <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
  if (!overview.data) return <Skeleton className="h-27 w-full rounded-lg" />
  const { current, previous, delivery } = overview.data
  const ratio = (now: number, before: number) => (before === 0 ? undefined : now / before - 1)
  const rate = (part: { requests: number; errors: number }) =>
    part.requests === 0 ? 0 : part.errors / part.requests
  const p95 = current.total.p95Ms
  return (
    <div className="flex flex-col gap-2">
      <StatRow>
        <Stat
          label={t('overview.requests')}
          definition={t('overview.requestsDefinition')}
          value={format.compact(current.requests)}
          change={ratio(current.requests, previous.requests)}
          course={course?.map((point) => point.requests) ?? []}
        />
        <Stat
          label={t('overview.errorRate')}
          definition={t('overview.errorRateDefinition')}
          value={format.percent(rate(current))}
          change={ratio(rate(current), rate(previous))}
          isBadWhenUp
          course={
            course?.map((point) => (point.requests === 0 ? 0 : (point.s4xx + point.s5xx) / point.requests)) ??
            []
          }
          color="var(--http-4xx)"
        />
        <Stat
          label={t('overview.serverErrors')}
          definition={t('overview.serverErrorsDefinition')}
          value={format.compact(current.serverErrors)}
          change={ratio(current.serverErrors, previous.serverErrors)}
          isBadWhenUp
          course={course?.map((point) => point.s5xx) ?? []}
          color="var(--http-5xx)"
        />
        <Stat
          label={t('overview.throttled')}
          definition={t('overview.throttledDefinition')}
          value={format.compact(current.throttled)}
          change={ratio(current.throttled, previous.throttled)}
          isBadWhenUp
        />
        <Stat
          label={t('overview.p95')}
          definition={t('overview.p95Definition')}
          value={p95 === null ? '–' : format.duration(p95)}
          change={
            p95 === null || previous.total.p95Ms === null ? undefined : ratio(p95, previous.total.p95Ms)
          }
          isBadWhenUp
        />
        <Stat
          label={t('overview.bytesOut')}
          definition={t('overview.bytesOutDefinition')}
          value={format.bytes(current.bytesOut)}
          change={ratio(current.bytesOut, previous.bytesOut)}
        />
      </StatRow>
      {delivery.spooled > 0 || delivery.dropped > 0 ? (
        <p className={`text-sm ${delivery.dropped > 0 ? 'text-danger' : 'text-warning'}`}>
          {t('overview.delivery', {
            stored: format.count(delivery.stored),
            spooled: format.count(delivery.spooled),
            dropped: format.count(delivery.dropped),
          })}
        </p>
      ) : null}
    </div>
  )
}

interface RankedPanelProps {
  title: string
  question: string
  scope: Scope
  query: Answer<{ data: readonly Ranked[]; basis: Basis }>
  filter: 'api' | 'application'
  all: React.ReactNode
}

function RankedPanel({ title, question, scope, query, filter, all }: RankedPanelProps) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  return (
    <AnswerPanel title={title} question={question} slice={scope.slice} query={query} actions={all}>
      {({ data }) => (
        <BarList
          label={title}
          format={format.compact}
          head={[t('overview.name'), t('ranked.requests'), t('overview.share')]}
          items={data.slice(0, 7).map((row) => ({
            id: row.subject.id ?? 'none',
            label: row.subject.id ? (
              <button
                type="button"
                title={row.subject.title || row.subject.name}
                className="max-w-full truncate rounded-sm font-medium hover:text-accent-text"
                onClick={() => scope.set({ [filter]: row.subject.id ?? undefined })}
              >
                {row.subject.title || row.subject.name}
              </button>
            ) : (
              <span title={t('ranked.unknownApplication')} className="text-muted">
                {t('ranked.unknownApplication')}
              </span>
            ),
            value: row.requests,
            aside: format.percent(row.requests === 0 ? 0 : row.errors / row.requests),
          }))}
        />
      )}
    </AnswerPanel>
  )
}

function ReasonsPanel({ scope }: { scope: Scope }) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const params = { tenant: scope.tenant, env: scope.env }
  const search = keptSearch(scope.filters)
  return (
    <AnswerPanel
      title={t('overview.topErrors')}
      question="errors"
      slice={scope.slice}
      query={useErrors(scope)}
      actions={
        <Link to="/insights/t/$tenant/$env/errors" params={params} search={search} className="px-1.5 text-sm">
          {t('overview.all')}
        </Link>
      }
    >
      {({ data }) => {
        const total = data.reduce((sum, row) => sum + row.requests, 0)
        return (
          <BarList
            label={t('overview.topErrors')}
            format={format.compact}
            head={[t('errors.column.reason'), t('ranked.requests'), t('ranked.share')]}
            items={byReason(data)
              .slice(0, 7)
              .map((group) => ({
                id: `${group.status}/${group.reason}`,
                color: colorOf(group.status),
                label: (
                  <Link
                    to="/insights/t/$tenant/$env/requests"
                    params={params}
                    search={{
                      ...search,
                      status: group.status,
                      ...(group.reason ? { reason: group.reason } : {}),
                    }}
                    title={group.reason ?? t('errors.fromUpstream')}
                    className="max-w-full truncate font-medium text-ink! hover:text-accent-text!"
                  >
                    <span className="mr-2 font-mono text-sm text-muted">{group.status}</span>
                    {group.reason ?? t('errors.fromUpstream')}
                  </Link>
                ),
                value: group.requests,
                aside: format.percent(total === 0 ? 0 : group.requests / total),
              }))}
          />
        )
      }}
    </AnswerPanel>
  )
}
