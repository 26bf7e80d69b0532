// My usage: calls, errors, latency, what is left of each quota, and every single request.

import type { LoggedRequest } from '@gatewright/shared/contract/analytics'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Activity } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { chooseStage, environmentsQuery } from '../../api/environments.ts'
import { byReason, type Cause } from '../../api/reasons.ts'
import { rowsOf } from '../../api/rows.ts'
import { ChartPanel } from '../../charts/panel.tsx'
import { Notices } from '../../notices/notices.tsx'
import { MethodBadge, StatusCode } from '../../ui/badge.tsx'
import { Segmented } from '../../ui/choice.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Page, PageHeader, Section } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { Stat, StatRow } from '../../ui/stat.tsx'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import {
  errorsQuery,
  latencyQuery,
  myApplicationsQuery,
  overviewQuery,
  requestsQuery,
  type Scope,
  trafficQuery,
} from './queries.ts'
import { Quotas } from './quotas.tsx'

const route = getRouteApi('/p/$tenant/usage')

const ranges = ['now-1h', 'now-24h', 'now-7d', 'now-30d'] as const
const everything = 'all'

export function UsagePage() {
  const { t } = useTranslation('developer')
  const { tenant } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const environments = useQuery(environmentsQuery())
  const applications = useQuery(myApplicationsQuery(tenant))
  const all = environments.data?.data ?? []
  const environment = chooseStage(all, search.environment)?.name
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true })
  const filters = (
    <>
      {all.length > 1 && environment ? (
        <Select
          label={t('usage.environment')}
          labelHidden
          className="w-40"
          options={all.map((one) => ({ value: one.name, label: one.title }))}
          value={environment}
          onChange={(next) => set({ environment: next })}
        />
      ) : null}
      <Select
        label={t('usage.application')}
        labelHidden
        className="w-52"
        options={[
          { value: everything, label: t('usage.allApplications') },
          ...(applications.data?.data ?? []).map((one) => ({ value: one.name, label: one.title })),
        ]}
        value={search.application ?? everything}
        onChange={(next) => set({ application: next === everything ? undefined : next })}
      />
      <Segmented
        label={t('usage.range')}
        options={ranges.map((value) => ({ value, label: t(`usage.ranges.${value}`) }))}
        value={search.from ?? 'now-24h'}
        onChange={(next) => set({ from: next })}
      />
    </>
  )
  return (
    <Page>
      <PageHeader title={t('usage.title')} sentence={t('usage.sentence')} actions={filters} />
      {environment ? (
        <Numbers
          scope={{ tenant, environment, from: search.from ?? 'now-24h', application: search.application }}
          applicationId={applications.data?.data.find(({ name }) => name === search.application)?.id}
        />
      ) : environments.error ? (
        <ErrorState error={environments.error} onRetry={() => void environments.refetch()} />
      ) : (
        <Skeleton className="h-24" />
      )}
    </Page>
  )
}

function Numbers({ scope, applicationId }: { scope: Scope; applicationId: string | undefined }) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const overview = useQuery(overviewQuery(scope))
  const traffic = useQuery(trafficQuery(scope))
  const latency = useQuery(latencyQuery(scope))
  const errors = useQuery(errorsQuery(scope))
  const requests = useInfiniteQuery(
    requestsQuery(scope, { search: search.search, statusClass: search.status }),
  )
  const now = overview.data?.current
  const before = overview.data?.previous
  const course = traffic.data?.points.map((point) => point.requests)
  const latencyPoints = latency.data
    ? {
        points: latency.data.points.map((point) => ({
          at: point.at,
          p50: point.total.p50Ms,
          p95: point.total.p95Ms,
          p99: point.total.p99Ms,
        })),
      }
    : undefined
  const columns: ReadonlyArray<Column<LoggedRequest>> = [
    {
      id: 'call',
      header: t('usage.call'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 items-center">
          <MethodBadge method={row.method} />
          <RowLink
            to="/p/$tenant/requests/$request"
            params={{ tenant: scope.tenant, request: row.id }}
            search={{ environment: scope.environment }}
            className="truncate font-mono text-sm font-normal!"
          >
            {row.path}
          </RowLink>
        </span>
      ),
    },
    {
      id: 'status',
      header: t('usage.status'),
      width: '6rem',
      card: 'aside',
      cell: (row) => <StatusCode status={row.status} />,
    },
    {
      id: 'reason',
      header: t('usage.reason'),
      isWideOnly: true,
      cell: (row) =>
        row.reason ? (
          <code className="text-sm text-muted">{row.reason}</code>
        ) : (
          <span className="text-faint">–</span>
        ),
    },
    {
      id: 'application',
      header: t('usage.application'),
      isWideOnly: true,
      cell: (row) => row.application?.title ?? '–',
    },
    {
      id: 'time',
      header: t('usage.took'),
      align: 'end',
      width: '7rem',
      cell: (row) => format.duration(row.gatewayMs + row.upstreamMs),
    },
    {
      id: 'at',
      header: t('usage.at'),
      align: 'end',
      width: '10rem',
      cell: (row) => <Time at={row.at} look="instant" />,
    },
  ]

  return (
    <>
      {overview.error && !overview.data ? (
        <ErrorState error={overview.error} onRetry={() => void overview.refetch()} />
      ) : (
        <StatRow>
          <Stat
            label={t('usage.calls')}
            value={now ? format.compact(now.requests) : '–'}
            change={changeOf(now?.requests, before?.requests)}
            course={course}
          />
          <Stat
            label={t('usage.errors')}
            definition={t('usage.errorsDefinition')}
            value={now ? format.percent(rateOf(now)) : '–'}
            change={changeOf(now && rateOf(now), before && rateOf(before))}
            isBadWhenUp
          />
          <Stat
            label={t('usage.throttled')}
            definition={t('usage.throttledDefinition')}
            value={now ? format.compact(now.throttled) : '–'}
            change={changeOf(now?.throttled, before?.throttled)}
            isBadWhenUp
          />
          <Stat
            label={t('usage.p95')}
            definition={t('usage.p95Definition')}
            value={now?.total.p95Ms == null ? '–' : format.duration(now.total.p95Ms)}
            change={changeOf(now?.total.p95Ms, before?.total.p95Ms)}
            isBadWhenUp
          />
        </StatRow>
      )}
      <Notices tenant={scope.tenant} application={scope.application} hidesWhenEmpty />
      {applicationId ? <Quotas scope={{ ...scope, application: applicationId }} /> : null}
      <div className="grid grid-cols-1 gap-4 lg:grid-cols-2">
        <ChartPanel
          title={t('usage.trafficQuestion')}
          query={traffic}
          kind="stacked-bar"
          format={format.compact}
          series={(['2xx', '3xx', '4xx', '5xx'] as const).map((name) => ({
            key: `s${name}`,
            label: name,
            color: `var(--http-${name})`,
          }))}
        />
        <ChartPanel
          title={t('usage.latencyQuestion')}
          query={{ data: latencyPoints, error: latency.error, refetch: latency.refetch }}
          format={format.duration}
          headline={(key) => latency.data?.total[`${key}Ms` as 'p50Ms'] ?? null}
          series={['p50', 'p95', 'p99'].map((name) => ({ key: name, label: name, color: `var(--${name})` }))}
        />
      </div>
      <Reasons errors={errors.data?.data ?? []} />
      <Section title={t('usage.log')} sentence={t('usage.logSentence')}>
        <DataTable
          label={t('usage.log')}
          columns={columns}
          source={rowsOf(requests)}
          rowId={(row) => row.id}
          search={{
            value: search.search ?? '',
            onChange: (value) =>
              void navigate({ search: (old) => ({ ...old, search: value || undefined }), replace: true }),
            placeholder: t('usage.searchLog'),
          }}
          filters={
            <Segmented
              label={t('usage.status')}
              value={search.status ?? everything}
              onChange={(value) =>
                void navigate({
                  search: (old) => ({ ...old, status: value === everything ? undefined : value }),
                  replace: true,
                })
              }
              options={[
                { value: everything, label: t('usage.anyStatus') },
                { value: '2xx', label: '2xx' },
                { value: '4xx', label: '4xx' },
                { value: '5xx', label: '5xx' },
              ]}
            />
          }
          onClearFilters={
            search.search || search.status
              ? () => void navigate({ search: (old) => ({ ...old, search: undefined, status: undefined }) })
              : undefined
          }
          empty={<EmptyState icon={Activity} title={t('usage.empty')} sentence={t('usage.emptyDetail')} />}
        />
      </Section>
    </>
  )
}

function Reasons({ errors }: { errors: readonly Cause[] }) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  if (errors.length === 0) return null
  const total = errors.reduce((sum, error) => sum + error.requests, 0)
  return (
    <Section title={t('usage.whyQuestion')}>
      <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
        {byReason(errors)
          .slice(0, 6)
          .map((error) => (
            <li
              key={`${error.status}/${error.reason}`}
              className="flex flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-2"
            >
              <StatusCode status={error.status} />
              {error.reason ? (
                <a
                  href={`/errors/${error.reason}`}
                  className="min-w-0 font-mono text-sm break-all text-accent-text underline-offset-4 hover:underline"
                >
                  {error.reason}
                </a>
              ) : (
                <span className="min-w-0 text-muted">{t('usage.byUpstream')}</span>
              )}
              <span className="tabular ml-auto text-right whitespace-nowrap">
                {format.count(error.requests)}{' '}
                <span className="text-muted">({format.percent(error.requests / total)})</span>
              </span>
              <span className="w-28 text-right text-sm text-muted max-sm:hidden">
                <Time at={error.lastAt} />
              </span>
            </li>
          ))}
      </ul>
    </Section>
  )
}

function rateOf({ requests, errors }: { requests: number; errors: number }): number {
  return requests === 0 ? 0 : errors / requests
}

/** As a ratio: 0.5 is half as much again; undefined without anything to compare with. */
function changeOf(now: number | null | undefined, before: number | null | undefined): number | undefined {
  if (now == null || !before) return undefined
  return (now - before) / before
}
