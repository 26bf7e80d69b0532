// Where a platform admin says which systems are told of changes and of refused calls, and sees whether they hear it.

import { useQuery } from '@tanstack/react-query'
import { Plus, Radio } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../../api/problem.ts'
import { rowsOfList } from '../../api/rows.ts'
import { PlainFrame } from '../../shells/plain-frame.tsx'
import { StateChip } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { RemoveDialog } from '../../ui/remove-dialog.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { SinkDrawer } from './drawer.tsx'
import { type Sink, sinksQuery, useRemoveSink, useTestSink } from './queries.ts'

export function EventSinksPage() {
  const { t } = useTranslation('platform')
  const query = useQuery(sinksQuery())
  const [editing, setEditing] = useState<Sink | 'new'>()
  const [removing, setRemoving] = useState<Sink>()
  const remove = useRemoveSink()
  const columns: Column<Sink>[] = [
    {
      id: 'title',
      header: t('sinks.column.sink'),
      card: 'title',
      width: '14rem',
      cell: (row) => (
        <Button
          variant="quiet"
          className="-ml-3 min-w-0"
          aria-label={t('sinks.edit', { title: row.title })}
          onPress={() => setEditing(row)}
        >
          <span className="truncate text-ink">{row.title}</span>
        </Button>
      ),
    },
    {
      id: 'target',
      header: t('sinks.column.target'),
      cell: (row) => <code className="block truncate text-muted">{addressOf(row)}</code>,
    },
    { id: 'state', header: t('sinks.column.state'), width: '20rem', cell: (row) => <SinkState sink={row} /> },
    {
      id: 'waiting',
      header: t('sinks.column.waiting'),
      width: '10rem',
      cell: (row) => <Waiting sink={row} />,
    },
    {
      id: 'actions',
      header: '',
      align: 'end',
      width: '13rem',
      cell: (row) => (
        <span className="flex justify-end gap-2">
          <TestButton sink={row} />
          <Button size="sm" variant="danger-quiet" onPress={() => setRemoving(row)}>
            {t('sinks.remove')}
          </Button>
        </span>
      ),
    },
  ]
  const create = (
    <Button variant="primary" icon={Plus} onPress={() => setEditing('new')}>
      {t('sinks.new')}
    </Button>
  )
  return (
    <PlainFrame>
      <Page>
        <PageHeader title={t('sinks.title')} sentence={t('sinks.sentence')} actions={create} />
        <DataTable
          label={t('sinks.title')}
          columns={columns}
          source={rowsOfList(query)}
          rowId={(row) => row.id}
          empty={
            <EmptyState
              icon={Radio}
              title={t('sinks.empty')}
              sentence={t('sinks.emptySentence')}
              action={create}
            />
          }
        />
      </Page>
      {editing ? (
        <SinkDrawer sink={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} />
      ) : null}
      {removing ? (
        <RemoveDialog
          input={removing}
          removal={remove}
          title={t('sinks.removeTitle', { title: removing.title })}
          detail={t('sinks.removeDetail')}
          action={t('sinks.remove')}
          done={() => ({ title: t('sinks.removed', { title: removing.title }) })}
          onClose={() => setRemoving(undefined)}
        />
      ) : null}
    </PlainFrame>
  )
}

function addressOf({ target }: Sink): string {
  if (target.protocol === 'http') return target.url
  return `syslog${target.tls ? '+tls' : ''}://${target.host}:${target.port}`
}

function SinkState({ sink }: { sink: Sink }) {
  const { t } = useTranslation('platform')
  const [tone, state] = !sink.enabled
    ? (['neutral', 'off'] as const)
    : sink.failures > 0
      ? (['danger', 'failing'] as const)
      : (['success', 'sending'] as const)
  return (
    <span className="flex min-w-0 flex-col items-start gap-1">
      <StateChip tone={tone}>{t(`sinks.state.${state}`)}</StateChip>
      {sink.lastError ? (
        <span className="text-sm break-words text-danger">{sink.lastError}</span>
      ) : sink.lastDeliveredAt ? (
        <span className="text-sm text-muted">
          {t('sinks.last')} <Time at={sink.lastDeliveredAt} />
        </span>
      ) : (
        <span className="text-sm text-muted">{t('sinks.nothingYet')}</span>
      )}
      {sink.lost > 0 ? (
        <span className="text-sm text-danger">{t('sinks.lost', { count: sink.lost })}</span>
      ) : null}
    </span>
  )
}

function Waiting({ sink }: { sink: Sink }) {
  const { t } = useTranslation('platform')
  if (sink.waiting === 0) return <span className="text-muted">{t('sinks.nothingWaits')}</span>
  return (
    <span className="flex flex-col">
      <span className="tabular">{t('sinks.waiting', { count: sink.waiting })}</span>
      {sink.waitingSince ? (
        <span className="text-sm text-muted">
          {t('sinks.oldest')} <Time at={sink.waitingSince} />
        </span>
      ) : null}
    </span>
  )
}

function TestButton({ sink }: { sink: Sink }) {
  const { t } = useTranslation('platform')
  const test = useTestSink()
  return (
    <Button
      size="sm"
      aria-label={t('sinks.testOf', { title: sink.title })}
      isPending={test.isPending}
      onPress={() =>
        test.mutate(sink, {
          onSuccess: ({ delivered, error, milliseconds }) =>
            toast(
              delivered
                ? { title: t('sinks.testArrived', { title: sink.title, milliseconds }) }
                : {
                    title: t('sinks.testFailed', { title: sink.title }),
                    detail: error ?? '',
                    tone: 'danger',
                  },
            ),
          onError: (error) => toast({ title: asProblem(error).title, tone: 'danger' }),
        })
      }
    >
      {t('sinks.test')}
    </Button>
  )
}
