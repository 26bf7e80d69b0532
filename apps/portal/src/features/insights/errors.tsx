// What was answered with 4xx or 5xx and why; each cause leads to its explanation and to its requests.

import { BookOpen } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ChartPanel } from '../../charts/panel.tsx'
import { StatusCode } from '../../ui/badge.tsx'
import { useFormat } from '../../ui/format.ts'
import { PlainLink } from '../../ui/link.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { BasisLine, CallButton } from './answer-panel.tsx'
import { AnswerTable } from './answer-table.tsx'
import { type ErrorRow, useErrors, usePublishMarks } from './queries.ts'
import { keptSearch, type Scope, useScope } from './scope.ts'
import { Toolbar } from './toolbar.tsx'

export function ErrorsPage() {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const scope = useScope()
  const errors = useErrors(scope)
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
        marks={usePublishMarks(scope)}
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
    <AnswerTable
      title={t('errors.list')}
      question="errors"
      scope={scope}
      query={query}
      rows={rows}
      rowKey={(row) => `${row.status}/${row.reason}/${row.api?.id}/${row.route}`}
      none={{ title: t('errors.none'), sentence: t('errors.noneSentence') }}
      csv={{
        head: ['status', 'reason', 'api', 'route', 'requests', 'last_at'],
        row: (row) => [row.status, row.reason, row.api?.name ?? null, row.route, row.requests, row.lastAt],
      }}
      columns={[
        { head: t('errors.column.status'), cell: (row) => <StatusCode status={row.status} /> },
        { head: t('errors.column.reason'), cell: (row) => <Cause row={row} scope={scope} /> },
        { head: t('errors.column.api'), from: 'md', cell: (row) => row.api?.title ?? '–' },
        {
          head: t('errors.column.route'),
          from: 'lg',
          className: 'max-w-72',
          cell: (row) => (
            <code className="block truncate text-sm text-muted" title={row.route ?? ''}>
              {row.route ?? '–'}
            </code>
          ),
        },
        {
          head: t('errors.column.requests'),
          isNumber: true,
          className: 'font-medium',
          cell: (row) => format.count(row.requests),
        },
        {
          head: t('errors.column.share'),
          isNumber: true,
          from: 'sm',
          className: 'text-muted',
          cell: (row) => format.percent(total === 0 ? 0 : row.requests / total),
        },
        {
          head: t('errors.column.last'),
          isNumber: true,
          from: 'md',
          className: 'text-muted',
          cell: (row) => <Time at={row.lastAt} />,
        },
      ]}
    />
  )
}

/** Leads to the requests that ended so, and to the page that says why they do. */
function Cause({ row, scope }: { row: ErrorRow; scope: Scope }) {
  const { t } = useTranslation('insights')
  return (
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
          <span className="font-normal text-muted">{t('errors.upstreamSays', { status: row.status })}</span>
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
  )
}
