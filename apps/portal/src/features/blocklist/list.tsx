// Who is blocked: what, why, who said so and until when; added and lifted by hand.

import type { Block, BlockKind } from '@gatewright/shared/model/block'
import { Ban, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Segmented } from '../../ui/choice.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { PageHeader } from '../../ui/page.tsx'
import { RemoveDialog } from '../../ui/remove-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { AddDrawer } from './add-drawer.tsx'
import type { Blocklist, Filters } from './queries.ts'

// Spelled out: the file that it comes from would bring the validator of the server into the browser.
const kinds = ['address', 'credential', 'application'] as const satisfies readonly BlockKind[]

interface Props {
  readonly list: Blocklist
  readonly search: Search
}

/** As `useListSearch` gives it. */
interface Search {
  readonly filters: Filters
  set(next: Filters): void
  readonly clear: (() => void) | undefined
  box(placeholder: string): { value: string; placeholder: string; onChange(value: string): void }
}

const anyKind = 'any'

export function BlockTable({ list, search: { filters, set, clear, box } }: Props) {
  const { t } = useTranslation('admin')
  const title = t(`blocklist.title.${list.scope}`)
  const [isAdding, setAdding] = useState(false)
  const [lifting, setLifting] = useState<Block>()
  const { lift } = list
  const columns: Column<Block>[] = [
    {
      id: 'value',
      header: t('blocklist.column.value'),
      card: 'title',
      width: '19rem',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2">
          <code className="truncate">{row.value}</code>
          {list.kinds.length > 1 ? <Badge>{t(`blocklist.kind.${row.kind}`)}</Badge> : null}
        </span>
      ),
    },
    {
      id: 'reason',
      header: t('blocklist.column.reason'),
      cell: (row) => <span className="break-words">{row.reason}</span>,
    },
    {
      id: 'source',
      header: t('blocklist.column.source'),
      width: '14rem',
      cell: (row) => (
        <span className="flex min-w-0 flex-col max-sm:items-end">
          <span className="truncate">{row.source}</span>
          <span className="truncate text-sm text-muted">
            {row.by.name} · <Time at={row.updatedAt} />
          </span>
        </span>
      ),
    },
    {
      id: 'until',
      header: t('blocklist.column.until'),
      width: '12rem',
      cell: (row) =>
        row.expiresAt === null ? (
          <span className="text-muted">{t('blocklist.untilLifted')}</span>
        ) : (
          <Time at={row.expiresAt} look="dateTime" />
        ),
    },
    ...(list.isEditable
      ? [
          {
            id: 'actions',
            header: '',
            align: 'end',
            width: '7rem',
            cell: (row: Block) => (
              <Button
                size="sm"
                aria-label={t('blocklist.liftOf', { value: row.value })}
                onPress={() => setLifting(row)}
              >
                {t(row.isOver ? 'blocklist.forget' : 'blocklist.lift')}
              </Button>
            ),
          } satisfies Column<Block>,
        ]
      : []),
  ]
  const add = list.isEditable ? (
    <Button variant="primary" icon={Plus} onPress={() => setAdding(true)}>
      {t(`blocklist.add.${list.scope}`)}
    </Button>
  ) : null
  return (
    <>
      <PageHeader title={title} sentence={t(`blocklist.sentence.${list.scope}`)} actions={add} />
      <DataTable
        label={title}
        columns={columns}
        source={list.source}
        rowId={(row) => row.id}
        isDimmed={(row) => row.isOver}
        search={box(t('blocklist.search'))}
        onClearFilters={clear}
        filters={
          <>
            <Segmented
              label={t('blocklist.state')}
              value={filters.state ?? 'active'}
              onChange={(state) => set({ state: state === 'active' ? undefined : state })}
              options={(['active', 'expired'] as const).map((value) => ({
                value,
                label: t(`blocklist.states.${value}`),
              }))}
            />
            {list.kinds.length > 1 ? (
              <Select<BlockKind | typeof anyKind>
                label={t('blocklist.what')}
                labelHidden
                size="sm"
                value={filters.kind ?? anyKind}
                onChange={(kind) => set({ kind: kind === anyKind ? undefined : kind })}
                options={[
                  { value: anyKind, label: t('blocklist.anyKind') },
                  ...kinds.map((value) => ({ value, label: t(`blocklist.kind.${value}`) })),
                ]}
              />
            ) : null}
          </>
        }
        empty={
          <EmptyState
            icon={Ban}
            title={t('blocklist.empty')}
            sentence={t(`blocklist.emptySentence.${list.scope}`)}
            action={add}
          />
        }
      />
      {isAdding ? (
        <AddDrawer
          list={list}
          onClose={() => {
            setAdding(false)
            list.add.reset()
          }}
        />
      ) : null}
      {lifting ? (
        <RemoveDialog
          input={lifting}
          removal={lift}
          title={t('blocklist.liftTitle', { value: lifting.value })}
          detail={t(lifting.isOver ? 'blocklist.forgetDetail' : 'blocklist.liftDetail', {
            source: lifting.source,
          })}
          action={t(lifting.isOver ? 'blocklist.forget' : 'blocklist.lift')}
          done={() => ({ title: t('blocklist.lifted', { value: lifting.value }) })}
          onClose={() => setLifting(undefined)}
        />
      ) : null}
    </>
  )
}
