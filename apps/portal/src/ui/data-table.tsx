// The one table of the app: server-side pages, search and sort; selection with a bulk bar; cards on a phone.

import { createLink } from '@tanstack/react-router'
import {
  createColumnHelper,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from '@tanstack/react-table'
import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react'
import { type KeyboardEvent, type MouseEvent, type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'
import { Checkbox } from './choice.tsx'
import { cx } from './class-names.ts'
import { DelayedSearch } from './delayed-search.tsx'
import { useNarrow } from './narrow.ts'
import { EmptyState, ErrorState, Skeleton, useSlow } from './states.tsx'

export interface Column<T> {
  id: string
  header: string
  cell(row: T): ReactNode
  /** Numbers and units go to the end. */
  align?: 'start' | 'end'
  /** A CSS width such as "12rem"; without it the column shares what is left. */
  width?: string
  isSortable?: boolean
  /** On a phone: the card's first line, its top right, a labelled line, or left out. */
  card?: 'title' | 'aside' | 'line' | 'hidden'
  /** Leaves the table (not the card) below 1024 px. */
  isWideOnly?: boolean
}

/** What a list query gives; `rowsOf` in api/rows.ts makes it from a TanStack infinite query. */
export interface RowSource<T> {
  rows: readonly T[] | undefined
  error: unknown
  refetch(): void
  hasMore: boolean
  loadMore(): void
  isLoadingMore: boolean
  /** An estimate of all rows that match. */
  total?: number | undefined
}

export interface Sort {
  id: string
  direction: 'asc' | 'desc'
}

export interface DataTableProps<T> {
  /** Names the table for screen readers: "APIs". */
  label: string
  columns: ReadonlyArray<Column<T>>
  source: RowSource<T>
  rowId(row: T): string
  search?: { value: string; onChange(value: string): void; placeholder: string }
  sort?: { value: Sort | undefined; onChange(sort: Sort): void }
  /** Facets and ranges, right of the search. */
  filters?: ReactNode
  /** Set while search or filters hide rows: the empty state then offers to clear them. */
  onClearFilters?: (() => void) | undefined
  /** Shown when nothing exists yet. */
  empty: ReactNode
  /** Makes rows selectable; gets the chosen ids. */
  bulkActions?: (ids: readonly string[], clear: () => void) => ReactNode
  /** Quiet rows: lighter text, such as revoked keys. */
  isDimmed?: (row: T) => boolean
  footer?: ReactNode
}

const features = tableFeatures({ rowSelectionFeature })

/** The link of a row's main cell: a click anywhere on the row follows it. */
export const RowLink = createLink(
  ({ className, children, ...rest }: React.AnchorHTMLAttributes<HTMLAnchorElement>) => (
    <a
      {...rest}
      data-row-link=""
      className={cx('rounded-sm font-medium text-ink hover:text-accent-text', className)}
    >
      {children}
    </a>
  ),
)

export function DataTable<T>(props: DataTableProps<T>) {
  const { columns, source, rowId, bulkActions } = props
  const { t } = useTranslation('common')
  const [rowSelection, setRowSelection] = useState<RowSelectionState>({})
  const narrow = useNarrow(640)
  const slow = useSlow(source.rows === undefined)

  const definitions = useMemo(() => {
    const helper = createColumnHelper<typeof features, Holder<T>>()
    return columns.map((column) =>
      helper.display({
        id: column.id,
        header: column.header,
        cell: ({ row }) => column.cell(row.original.row),
      }),
    )
  }, [columns])
  const data = useMemo(() => (source.rows ?? []).map((row) => ({ row })), [source.rows])
  const table = useTable({
    features,
    columns: definitions,
    data,
    getRowId: (holder) => rowId(holder.row),
    state: { rowSelection },
    onRowSelectionChange: setRowSelection,
    enableRowSelection: bulkActions !== undefined,
  })
  const rows = table.getRowModel().rows
  const chosen = rows.filter((row) => row.getIsSelected()).map((row) => row.id)
  const clear = () => setRowSelection({})
  const selectAll = {
    isSelected: rows.length > 0 && chosen.length === rows.length,
    isIndeterminate: chosen.length > 0 && chosen.length < rows.length,
    onChange: (selected: boolean) => table.toggleAllRowsSelected(selected),
  }

  let body: ReactNode
  if (source.rows === undefined) {
    body = source.error ? (
      <ErrorState error={source.error} onRetry={source.refetch} />
    ) : (
      <div role="status" aria-label={t('loading')} className={cx('flex flex-col', !slow && 'invisible')}>
        {[1, 2, 3, 4, 5, 6].map((line) => (
          <div key={line} className="flex h-10 items-center gap-6 border-b border-line px-4 last:border-b-0">
            <Skeleton className="h-3.5 w-1/4" />
            <Skeleton className="h-3.5 w-1/3" />
            <Skeleton className="ml-auto h-3.5 w-16" />
          </div>
        ))}
      </div>
    )
  } else if (rows.length === 0) {
    body = props.onClearFilters ? (
      <EmptyState
        title={t('table.nothingFound')}
        sentence={t('table.nothingFoundDetail')}
        action={<Button onPress={props.onClearFilters}>{t('table.clearFilters')}</Button>}
      />
    ) : (
      props.empty
    )
  } else if (narrow) {
    body = (
      <ul aria-label={props.label} className="divide-y divide-line">
        {bulkActions ? (
          <li className="bg-sunken px-4 py-2.5 text-sm text-muted">
            <Checkbox {...selectAll}>{t('table.selectAll')}</Checkbox>
          </li>
        ) : null}
        {rows.map((row) => (
          <CardRow
            key={row.id}
            row={row.original.row}
            check={
              bulkActions ? (
                <Checkbox
                  aria-label={t('table.selectRow')}
                  isSelected={row.getIsSelected()}
                  onChange={(selected) => row.toggleSelected(selected)}
                />
              ) : null
            }
            columns={columns}
            isDimmed={props.isDimmed?.(row.original.row) ?? false}
          />
        ))}
      </ul>
    )
  } else {
    body = (
      <table aria-label={props.label} className="w-full border-separate border-spacing-0 text-left">
        <thead className="sticky top-(--sticky-top,0px) z-10">
          <tr>
            {bulkActions ? (
              <th scope="col" className={cx(headClass, 'w-10 pr-0')}>
                <Checkbox aria-label={t('table.selectAll')} {...selectAll} />
              </th>
            ) : null}
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={props.sort} />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={moveBetweenRows}>
          {rows.map((row) => (
            <tr
              key={row.id}
              data-row={row.id}
              onClick={followRow}
              className={cx(
                'group/row h-10 has-[[data-row-link]]:cursor-pointer',
                row.getIsSelected() ? 'bg-accent-soft' : 'hover:bg-hover',
                props.isDimmed?.(row.original.row) && 'text-faint',
              )}
            >
              {bulkActions ? (
                // A shift-click selects the range since the last one: the table library reads the native event.
                <td
                  className={cx(cellClass, 'w-10 pr-0')}
                  onClickCapture={(event) => {
                    event.stopPropagation()
                    event.preventDefault()
                    row.getToggleSelectedHandler()({
                      ...pick(event),
                      target: { checked: !row.getIsSelected() },
                    })
                  }}
                >
                  <Checkbox
                    aria-label={t('table.selectRow')}
                    isSelected={row.getIsSelected()}
                    onChange={(selected) => row.toggleSelected(selected)}
                  />
                </td>
              ) : null}
              {row.getAllCells().map((cell, index) => (
                <td key={cell.id} className={cx(cellClass, cellPlace(columns[index]))}>
                  <table.FlexRender cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    )
  }

  return (
    <div className="flex min-w-0 flex-col gap-3">
      {props.search || props.filters ? (
        <div className="flex flex-wrap items-center gap-2">
          {props.search ? <DelayedSearch {...props.search} /> : null}
          {props.filters}
        </div>
      ) : null}
      {bulkActions && chosen.length > 0 ? (
        <section
          aria-label={t('table.bulk')}
          className="sticky top-(--sticky-top,0px) z-20 flex flex-wrap items-center gap-2 rounded-lg border border-accent-line bg-accent-soft px-3 py-1.5"
        >
          <span className="tabular font-medium text-accent-text">
            {t('table.selected', { count: chosen.length })}
          </span>
          <span className="ml-auto flex flex-wrap items-center gap-2">
            {bulkActions(chosen, clear)}
            <Button variant="quiet" size="sm" onPress={clear}>
              {t('table.clearSelection')}
            </Button>
          </span>
        </section>
      ) : null}
      <div className="min-w-0 rounded-lg border border-line bg-surface max-lg:overflow-x-auto lg:overflow-clip">
        {body}
      </div>
      {source.rows && source.rows.length > 0 ? (
        <div className="flex items-center justify-between gap-4 text-sm text-muted">
          <span className="tabular" aria-live="polite">
            {source.total === undefined
              ? t('table.shown', { count: source.rows.length })
              : t('table.shownOf', { count: source.rows.length, total: source.total })}
          </span>
          {source.hasMore ? (
            <Button size="sm" isPending={source.isLoadingMore} onPress={source.loadMore}>
              {t('table.loadMore')}
            </Button>
          ) : (
            props.footer
          )}
        </div>
      ) : null}
    </div>
  )
}

// The table library wants a record as its row type; a holder lets T be any type.
interface Holder<T> {
  row: T
}

const headClass =
  'h-9 border-b border-line bg-sunken px-4 text-xs font-medium whitespace-nowrap text-muted first:rounded-tl-lg last:rounded-tr-lg'
const cellClass = 'h-10 border-b border-line px-4 py-1.5 group-last/row:border-b-0'

function cellPlace<T>(column: Column<T> | undefined): string {
  return cx(column?.align === 'end' && 'tabular text-right', column?.isWideOnly && 'max-lg:hidden')
}

function HeadCell<T>({ column, sort }: { column: Column<T>; sort: DataTableProps<T>['sort'] }) {
  const direction = sort?.value?.id === column.id ? sort.value.direction : undefined
  const Icon = direction === 'asc' ? ArrowUp : direction === 'desc' ? ArrowDown : ChevronsUpDown
  return (
    <th
      scope="col"
      style={column.width ? { width: column.width } : undefined}
      aria-sort={direction ? (direction === 'asc' ? 'ascending' : 'descending') : undefined}
      className={cx(headClass, cellPlace(column))}
    >
      {column.isSortable && sort ? (
        <button
          type="button"
          className="-mx-1 inline-flex h-6 items-center gap-1 rounded-sm px-1 hover:text-ink"
          onClick={() => sort.onChange({ id: column.id, direction: direction === 'asc' ? 'desc' : 'asc' })}
        >
          {column.header}
          <Icon size={12} aria-hidden className={direction ? 'text-ink' : 'text-faint'} />
        </button>
      ) : (
        column.header
      )}
    </th>
  )
}

function CardRow<T>({
  row,
  check,
  columns,
  isDimmed,
}: {
  row: T
  check: ReactNode
  columns: ReadonlyArray<Column<T>>
  isDimmed: boolean
}) {
  const title = columns.find((column) => column.card === 'title') ?? columns[0]
  const aside = columns.find((column) => column.card === 'aside')
  const lines = columns.filter((column) => column !== title && column !== aside && column.card !== 'hidden')
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the card's link is the keyboard's way in
    <li onClick={followRow} className={cx('flex flex-col gap-2 px-4 py-3', isDimmed && 'text-faint')}>
      <div className="flex items-start justify-between gap-3">
        {check}
        <div className="min-w-0 flex-1">{title?.cell(row)}</div>
        {aside?.cell(row)}
      </div>
      {lines.length > 0 ? (
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
          {lines.map((column) => (
            <div key={column.id} className="contents">
              <dt className="text-muted">{column.header}</dt>
              <dd className="min-w-0 text-right break-words">{column.cell(row)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
    </li>
  )
}

function pick(event: MouseEvent) {
  return { shiftKey: event.shiftKey, nativeEvent: event.nativeEvent }
}

function followRow(event: MouseEvent<HTMLElement>): void {
  const target = event.target
  if (!(target instanceof Element) || target.closest('a,button,input,label,[role=button],[role=menuitem]'))
    return
  if (window.getSelection()?.toString()) return
  const link = event.currentTarget.querySelector<HTMLAnchorElement>('a[data-row-link]')
  link?.dispatchEvent(
    new window.MouseEvent('click', {
      bubbles: true,
      cancelable: true,
      metaKey: event.metaKey,
      ctrlKey: event.ctrlKey,
    }),
  )
}

function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step =
    event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0
  if (step === 0 || !(event.target instanceof HTMLElement) || !event.target.matches('a[data-row-link]'))
    return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a[data-row-link]')]
  const next = links[links.indexOf(event.target) + step]
  if (next) {
    event.preventDefault()
    next.focus()
  }
}
