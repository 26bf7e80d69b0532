// What was answered with 4xx or 5xx and why; each cause leads to its explanation and to its requests.

import { BookOpen, Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ChartPanel, Panel } from '../../charts/panel.tsx'
import { StatusCode } from '../../ui/badge.tsx'
import { IconButton } from '../../ui/button.tsx'
import { useFormat } from '../../ui/format.ts'
import { PlainLink } from '../../ui/link.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { csvOf } from './csv.ts'
import { BasisLine, CallButton } from './panel-parts.tsx'
import { type ErrorRow, useErrors, useTraffic } from './queries.ts'
import { keptSearch, type Scope, useScope } from './scope.ts'
import { Toolbar } from './toolbar.tsx'

export function ErrorsPage() {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const scope = useScope()
  const errors = useErrors(scope)
  const marks =
    useTraffic(scope).data?.publishes.map((publish) => ({ at: publish.at, label: publish.reason })) ?? []
  return (
    <Page>
      <PageHeader title={t('errors.title')} sentence={t('errors.sentence')} />
      <Toolbar />
      <ChartPanel
        title={t('errors.rate')}
        unit={t('unit.requests')}
        query={errors}
        kind="stacked-bar"
        format={format.compact}
        series={[
          { key: 's4xx', label: '4xx', color: 'var(--http-4xx)' },
          { key: 's5xx', label: '5xx', color: 'var(--http-5xx)' },
        ]}
        marks={marks}
        onZoom={(from, to) => scope.set({ from, to })}
        actions={<CallButton question="errors" slice={scope.slice} />}
        foot={<BasisLine basis={errors.data?.basis} />}
      />
      <Causes scope={scope} query={errors} />
    </Page>
  )
}

function Causes({ scope, query }: { scope: Scope; query: ReturnType<typeof useErrors> }) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const rows = query.data?.data ?? []
  const total = rows.reduce((sum, row) => sum + row.requests, 0)
  return (
    <Panel
      title={t('errors.list')}
      actions={
        <>
          <IconButton
            size="sm"
            icon={Download}
            label={t('csv')}
            onPress={() =>
              saveFile(
                'errors.csv',
                'text/csv',
                csvOf(
                  ['status', 'reason', 'api', 'route', 'requests', 'last_at'],
                  rows.map((row) => [
                    row.status,
                    row.reason,
                    row.api?.name ?? null,
                    row.route,
                    row.requests,
                    row.lastAt,
                  ]),
                ),
              )
            }
          />
          <CallButton question="errors" slice={scope.slice} />
        </>
      }
      foot={<BasisLine basis={query.data?.basis} />}
    >
      {!query.data ? (
        query.error ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} className="py-8!" />
        ) : (
          <Skeleton className="h-64 w-full" />
        )
      ) : rows.length === 0 ? (
        <EmptyState title={t('errors.none')} sentence={t('errors.noneSentence')} className="py-8!" />
      ) : (
        <div className="-mx-4 overflow-x-auto">
          <table aria-label={t('errors.list')} className="w-full text-left">
            <thead>
              <tr className="text-xs text-muted [&_th]:px-4 [&_th]:py-1.5 [&_th]:font-medium [&_th]:whitespace-nowrap">
                <th scope="col">{t('errors.column.status')}</th>
                <th scope="col">{t('errors.column.reason')}</th>
                <th scope="col" className="max-md:hidden">
                  {t('errors.column.api')}
                </th>
                <th scope="col" className="max-lg:hidden">
                  {t('errors.column.route')}
                </th>
                <th scope="col" className="text-right">
                  {t('errors.column.requests')}
                </th>
                <th scope="col" className="text-right max-sm:hidden">
                  {t('errors.column.share')}
                </th>
                <th scope="col" className="text-right max-md:hidden">
                  {t('errors.column.last')}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, 200).map((row) => (
                <CauseRow
                  key={`${row.status}/${row.reason}/${row.api?.id}/${row.route}`}
                  row={row}
                  scope={scope}
                  total={total}
                  format={format}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

function CauseRow({
  row,
  scope,
  total,
  format,
}: {
  row: ErrorRow
  scope: Scope
  total: number
  format: ReturnType<typeof useFormat>
}) {
  const { t } = useTranslation('insights')
  return (
    <tr className="hover:bg-hover [&_td]:border-t [&_td]:border-line [&_td]:px-4 [&_td]:py-1.5">
      <td>
        <StatusCode status={row.status} />
      </td>
      <td>
        <span className="flex items-center gap-1">
          <PlainLink
            to="/insights/t/$tenant/$env/requests"
            params={{ tenant: scope.tenant, env: scope.env }}
            search={{
              ...keptSearch(scope.filters),
              status: row.status,
              ...(row.reason ? { reason: row.reason } : {}),
              ...(row.api?.id ? { api: row.api.id } : {}),
              ...(row.route ? { route: row.route } : {}),
            }}
            className="rounded-sm font-medium hover:text-accent-text"
          >
            {row.reason ?? (
              <span className="font-normal text-muted">
                {t('errors.upstreamSays', { status: row.status })}
              </span>
            )}
          </PlainLink>
          {row.reason ? (
            <a
              href={`/errors/${row.reason}`}
              target="_blank"
              rel="noreferrer"
              aria-label={`${t('errors.meaning')}: ${row.reason}`}
              className="grid size-6 place-items-center rounded-md text-faint hover:bg-pressed hover:text-ink"
            >
              <BookOpen size={14} aria-hidden />
            </a>
          ) : null}
        </span>
      </td>
      <td className="max-md:hidden">{row.api?.title ?? '–'}</td>
      <td className="max-w-72 max-lg:hidden">
        <code className="block truncate text-sm text-muted" title={row.route ?? ''}>
          {row.route ?? '–'}
        </code>
      </td>
      <td className="text-right font-medium">{format.count(row.requests)}</td>
      <td className="text-right text-muted max-sm:hidden">
        {format.percent(total === 0 ? 0 : row.requests / total)}
      </td>
      <td className="text-right text-muted max-md:hidden">
        <Time at={row.lastAt} />
      </td>
    </tr>
  )
}
