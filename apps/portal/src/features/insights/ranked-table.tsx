// A ranking as a table: the bar behind the name is its share; a row narrows the page to it.

import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Panel } from '../../charts/panel.tsx'
import { IconButton } from '../../ui/button.tsx'
import { useFormat } from '../../ui/format.ts'
import { saveFile } from '../../ui/save-file.ts'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states.tsx'
import { csvOf } from './csv.ts'
import { type Basis, BasisLine, CallButton } from './panel-parts.tsx'
import type { Ranked } from './queries.ts'
import type { Scope } from './scope.ts'

interface RankedTableProps {
  title: string
  head: string
  question: string
  scope: Scope
  query: { data: { data: readonly Ranked[]; basis: Basis } | undefined; error: unknown; refetch(): unknown }
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
  most = 200,
  sortBy = 'requests',
}: RankedTableProps) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const rows = [...(query.data?.data ?? [])]
    .sort((a, b) => (b[sortBy] ?? 0) - (a[sortBy] ?? 0))
    .slice(0, most)
  const max = Math.max(...rows.map((row) => row[sortBy] ?? 0), 1)
  const total = query.data?.data.reduce((sum, row) => sum + row.requests, 0) ?? 0
  const nameOf = (row: Ranked) => row.subject.title || row.subject.name || t('ranked.unknownApplication')
  return (
    <Panel
      title={title}
      actions={
        <>
          <IconButton
            size="sm"
            icon={Download}
            label={t('csv')}
            onPress={() =>
              saveFile(
                `${question}.csv`,
                'text/csv',
                csvOf(
                  ['id', 'name', 'requests', 'errors', 'server_errors', 'p95_ms', 'bytes_out'],
                  rows.map((row) => [
                    row.subject.id,
                    nameOf(row),
                    row.requests,
                    row.errors,
                    row.serverErrors,
                    row.p95Ms,
                    row.bytesOut,
                  ]),
                ),
              )
            }
          />
          <CallButton question={question} slice={scope.slice} />
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
        <EmptyState title={t('ranked.none')} sentence={t('ranked.noneSentence')} className="py-8!" />
      ) : (
        <div className="-mx-4 overflow-x-auto">
          <table aria-label={title} className="w-full text-left">
            <thead>
              <tr className="text-xs text-muted [&_th]:px-4 [&_th]:py-1.5 [&_th]:font-medium [&_th]:whitespace-nowrap">
                <th scope="col">{head}</th>
                <th scope="col" className="text-right">
                  {t('ranked.requests')}
                </th>
                <th scope="col" className="text-right max-md:hidden">
                  {t('ranked.share')}
                </th>
                <th scope="col" className="text-right">
                  {t('ranked.errors')}
                </th>
                <th scope="col" className="text-right max-md:hidden">
                  {t('ranked.serverErrors')}
                </th>
                <th scope="col" className="text-right">
                  {t('ranked.p95')}
                </th>
                <th scope="col" className="text-right max-lg:hidden">
                  {t('ranked.bytesOut')}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => {
                const { id } = row.subject
                const rate = row.requests === 0 ? 0 : row.errors / row.requests
                return (
                  <tr
                    key={id ?? 'none'}
                    className="border-t border-line [&_td]:border-t [&_td]:border-line [&_td]:px-4 [&_td]:py-1.5"
                  >
                    <td className="relative w-[40%] max-w-0 min-w-40">
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
                          className={`relative block max-w-full truncate rounded-sm font-medium hover:text-accent-text ${mono ? 'font-mono text-sm' : ''}`}
                        >
                          {nameOf(row)}
                        </button>
                      ) : (
                        <span className="relative text-muted">{nameOf(row)}</span>
                      )}
                    </td>
                    <td className="text-right font-medium">{format.count(row.requests)}</td>
                    <td className="text-right text-muted max-md:hidden">
                      {format.percent(total === 0 ? 0 : row.requests / total)}
                    </td>
                    <td className={`text-right ${rate >= 0.1 ? 'font-medium text-danger' : 'text-muted'}`}>
                      {format.percent(rate)}
                    </td>
                    <td className={`text-right max-md:hidden ${row.serverErrors > 0 ? '' : 'text-faint'}`}>
                      {format.count(row.serverErrors)}
                    </td>
                    <td className="text-right text-muted">
                      {row.p95Ms === null ? '–' : format.duration(row.p95Ms)}
                    </td>
                    <td className="text-right text-muted max-lg:hidden">{format.bytes(row.bytesOut)}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}
