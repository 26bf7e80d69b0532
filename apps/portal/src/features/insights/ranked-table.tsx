// A ranking as a table: the bar behind the name is its share; a name narrows the page to it.

import { useTranslation } from 'react-i18next'
import { cx } from '../../ui/class-names.ts'
import { useFormat } from '../../ui/format.ts'
import type { Answer, Basis } from './answer-panel.tsx'
import { AnswerTable } from './answer-table.tsx'
import type { Ranked } from './queries.ts'
import type { Scope } from './scope.ts'

interface RankedTableProps {
  title: string
  /** What is ranked, over the names. */
  head: string
  question: string
  scope: Scope
  query: Answer<{ data: readonly Ranked[]; basis: Basis }>
  filter: 'api' | 'application' | 'route'
  mono?: boolean
  most?: number
  sortBy?: 'requests' | 'p95Ms'
}

export function RankedTable({
  title,
  head,
  question,
  scope,
  query,
  filter,
  mono,
  most,
  sortBy = 'requests',
}: RankedTableProps) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const rows = [...(query.data?.data ?? [])].sort((a, b) => (b[sortBy] ?? 0) - (a[sortBy] ?? 0))
  const max = Math.max(...rows.map((row) => row[sortBy] ?? 0), 1)
  const total = rows.reduce((sum, row) => sum + row.requests, 0)
  const nameOf = ({ subject }: Ranked) => subject.title || subject.name || t('ranked.unknownApplication')
  const rateOf = (row: Ranked) => (row.requests === 0 ? 0 : row.errors / row.requests)
  return (
    <AnswerTable
      title={title}
      question={question}
      scope={scope}
      query={query}
      rows={rows}
      rowKey={(row) => row.subject.id ?? 'none'}
      none={{ title: t('ranked.none'), sentence: t('ranked.noneSentence') }}
      {...(most ? { most } : {})}
      csv={{
        head: ['id', 'name', 'requests', 'errors', 'server_errors', 'p95_ms', 'bytes_out'],
        row: (row) => [
          row.subject.id,
          nameOf(row),
          row.requests,
          row.errors,
          row.serverErrors,
          row.p95Ms,
          row.bytesOut,
        ],
      }}
      columns={[
        {
          head,
          className: 'relative w-[40%] max-w-0 min-w-36 max-sm:w-full',
          cell: (row) => {
            const { id } = row.subject
            return (
              <>
                <span
                  aria-hidden
                  className="absolute inset-y-1 left-2 rounded-sm bg-(--series-1) opacity-12"
                  style={{ width: `calc(${((row[sortBy] ?? 0) / max) * 100}% - 0.5rem)` }}
                />
                {id ? (
                  <button
                    type="button"
                    onClick={() => scope.set({ [filter]: id })}
                    title={nameOf(row)}
                    className={cx(
                      'relative block max-w-full truncate rounded-sm font-medium hover:text-accent-text',
                      mono && 'font-mono text-sm',
                    )}
                  >
                    {nameOf(row)}
                  </button>
                ) : (
                  <span title={nameOf(row)} className="relative block truncate text-muted">
                    {nameOf(row)}
                  </span>
                )}
              </>
            )
          },
        },
        {
          head: t('ranked.requests'),
          isNumber: true,
          className: 'font-medium',
          cell: (row) => format.count(row.requests),
        },
        {
          head: t('ranked.share'),
          isNumber: true,
          from: 'md',
          className: 'text-muted',
          cell: (row) => format.percent(total === 0 ? 0 : row.requests / total),
        },
        {
          head: t('ranked.errors'),
          isNumber: true,
          // A phone has room for one of the two: the one that is asked about.
          ...(sortBy === 'p95Ms' ? { from: 'sm' } : {}),
          className: (row) => (rateOf(row) >= 0.1 ? 'font-medium text-danger' : 'text-muted'),
          cell: (row) => format.percent(rateOf(row)),
        },
        {
          head: t('ranked.serverErrors'),
          isNumber: true,
          from: 'md',
          className: (row) => (row.serverErrors > 0 ? undefined : 'text-faint'),
          cell: (row) => format.count(row.serverErrors),
        },
        {
          head: t('ranked.p95'),
          isNumber: true,
          ...(sortBy === 'p95Ms' ? {} : { from: 'sm' }),
          className: 'text-muted whitespace-nowrap',
          cell: (row) => (row.p95Ms === null ? '–' : format.duration(row.p95Ms)),
        },
        {
          head: t('ranked.bytesOut'),
          isNumber: true,
          from: 'lg',
          className: 'text-muted',
          cell: (row) => format.bytes(row.bytesOut),
        },
      ]}
    />
  )
}
