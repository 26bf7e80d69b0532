// The answer of a question as a table: the same frame, states and CSV for rankings and for causes of errors.

import { Download } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../ui/button.tsx'
import { cx } from '../../ui/class-names.ts'
import { type Cell, csvOf } from '../../ui/csv.ts'
import { saveFile } from '../../ui/save-file.ts'
import { EmptyState } from '../../ui/states.tsx'
import { type Answer, AnswerPanel, type Basis } from './answer-panel.tsx'
import type { Scope } from './scope.ts'

export interface AnswerColumn<R> {
  head: string
  cell(row: R): ReactNode
  /** Numbers stand at the right. */
  isNumber?: boolean
  /** The narrowest screen that still has room for it; without, all have. */
  from?: 'sm' | 'md' | 'lg'
  /** Of the cells: what their width or colour needs. */
  className?: string | ((row: R) => string | undefined)
}

interface AnswerTableProps<R> {
  title: string
  question: string
  scope: Scope
  query: Answer<{ basis: Basis }>
  /** In the order to show; the file has them all, the table the first `most`. */
  rows: readonly R[]
  rowKey(row: R): string
  columns: readonly AnswerColumn<R>[]
  csv: { head: readonly string[]; row(row: R): readonly Cell[] }
  none: { title: string; sentence: string }
  most?: number
}

const hiding = { sm: 'max-sm:hidden', md: 'max-md:hidden', lg: 'max-lg:hidden' }

export function AnswerTable<R>({
  title,
  question,
  scope,
  query,
  rows,
  rowKey,
  columns,
  csv,
  none,
  most = 200,
}: AnswerTableProps<R>) {
  const { t } = useTranslation('insights')
  const place = ({ from, isNumber }: AnswerColumn<R>) =>
    cx(from && hiding[from], isNumber && 'text-right tabular')
  return (
    <AnswerPanel
      title={title}
      question={question}
      slice={scope.slice}
      query={query}
      skeletonClass="h-64"
      actions={
        <IconButton
          size="sm"
          icon={Download}
          label={t('csv')}
          isDisabled={rows.length === 0}
          onPress={() => saveFile(`${question}.csv`, 'text/csv', csvOf(csv.head, rows.map(csv.row)))}
        />
      }
    >
      {() =>
        rows.length === 0 ? (
          <EmptyState title={none.title} sentence={none.sentence} className="py-8!" />
        ) : (
          <div className="-mx-4 overflow-x-auto">
            <table aria-label={title} className="w-full text-left">
              <thead>
                <tr className="text-xs text-muted [&_th]:px-4 [&_th]:py-1.5 [&_th]:font-medium [&_th]:whitespace-nowrap max-sm:[&_th]:px-2 max-sm:[&_th:first-child]:pl-4 max-sm:[&_th:last-child]:pr-4">
                  {columns.map((column) => (
                    <th key={column.head} scope="col" className={place(column)}>
                      {column.head}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.slice(0, most).map((row) => (
                  <tr
                    key={rowKey(row)}
                    className="hover:bg-hover [&_td]:border-t [&_td]:border-line [&_td]:px-4 [&_td]:py-1.5 max-sm:[&_td]:px-2 max-sm:[&_td:first-child]:pl-4 max-sm:[&_td:last-child]:pr-4"
                  >
                    {columns.map((column) => (
                      <td
                        key={column.head}
                        className={cx(
                          place(column),
                          typeof column.className === 'function' ? column.className(row) : column.className,
                        )}
                      >
                        {column.cell(row)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </AnswerPanel>
  )
}
