// The audit log: filtered in the URL, each event with its fields before and after, the chain verified in one press.

import type { AuditEvent } from '@gatewright/shared/model/audit'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import {
  Bot,
  CircleCheck,
  Download,
  ScrollText,
  ShieldCheck,
  ShieldX,
  SquareTerminal,
  UserRound,
  Workflow,
} from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Segmented } from '../../ui/choice.tsx'
import { ConfigChanges } from '../../ui/config-changes.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { FilterChip } from '../../ui/filter-chip.tsx'
import { useFormat } from '../../ui/format.ts'
import { KeyValue } from '../../ui/key-value.tsx'
import { useListSearch } from '../../ui/list-search.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { exportAudit } from './export.ts'
import { type Span, spanOf, startOf } from './span.ts'

const route = getRouteApi('/admin/t/$tenant/$env/audit')

const kindIcons = { user: UserRound, token: Bot, cli: SquareTerminal, system: Workflow }

export function AuditPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const { t } = useTranslation('admin')
  const format = useFormat()
  const { filters, set, clear, box } = useListSearch(search, ['event'])
  const source = usePages(orpc.audit.list, { tenant, ...filters })
  const verify = useMutation({ mutationFn: () => client.audit.verify({ tenant }) })
  const [exported, setExported] = useState(0)
  const save = useMutation({
    mutationFn: () => exportAudit({ tenant, ...filters }, setExported),
    onSuccess: ({ text, count, isWhole }) => {
      saveFile(`audit-${tenant}.ndjson`, 'application/x-ndjson', text)
      if (!isWhole) toast({ title: t('audit.exportCut', { count: format.count(count) }), tone: 'info' })
    },
    onSettled: () => setExported(0),
  })
  const listed = source.rows?.find((event) => event.id === search.event)
  // A link may lead to an event that is on none of the loaded pages.
  const linked = useQuery({
    ...orpc.audit.list.queryOptions({ input: { tenant, search: search.event, limit: 1 } }),
    enabled: search.event !== undefined && source.rows !== undefined && listed === undefined,
  }).data?.data.find((event) => event.id === search.event)
  const opened = listed ?? linked
  const span = spanOf(search)

  const columns: Column<AuditEvent>[] = [
    {
      id: 'at',
      header: t('audit.column.at'),
      width: '13rem',
      card: 'aside',
      cell: (event) => (
        <span className="tabular text-muted">
          <Time at={event.at} look="instant" />
        </span>
      ),
    },
    {
      id: 'actor',
      header: t('audit.column.actor'),
      width: '13rem',
      cell: (event) => {
        const Icon = kindIcons[event.actor.kind]
        return (
          <button
            type="button"
            className="flex max-w-full items-center gap-2 rounded-sm hover:text-accent-text max-sm:ml-auto"
            onClick={() => set({ actor: event.actor.id ?? event.actor.name })}
          >
            <Icon
              size={14}
              aria-label={t(`audit.kind.${event.actor.kind}`)}
              className="shrink-0 text-faint"
            />
            <span className="truncate">{event.actor.name}</span>
          </button>
        )
      },
    },
    {
      id: 'action',
      header: t('audit.column.action'),
      card: 'title',
      width: '16rem',
      cell: (event) => (
        <RowLink
          to="/admin/t/$tenant/$env/audit"
          params={{ tenant, env }}
          search={{ ...search, event: event.id }}
          replace
          className="font-mono text-sm"
        >
          {event.action}
        </RowLink>
      ),
    },
    {
      id: 'resource',
      header: t('audit.column.resource'),
      cell: (event) => (
        <span className="flex min-w-0 items-baseline gap-2 max-sm:justify-end">
          <span className="truncate">{event.resource.name}</span>
          <span className="shrink-0 text-xs text-faint">{event.resource.kind}</span>
        </span>
      ),
    },
    {
      id: 'changes',
      header: t('audit.column.changes'),
      width: '7rem',
      align: 'end',
      cell: (event) => (
        <span className="text-muted">
          {event.changes.length > 0 ? t('audit.changes', { count: event.changes.length }) : '–'}
        </span>
      ),
    },
  ]

  return (
    <Page>
      <PageHeader
        title={t('audit.title')}
        sentence={t('audit.sentence')}
        actions={
          <>
            <Button
              icon={Download}
              isPending={save.isPending && exported === 0}
              onPress={() => save.mutate()}
            >
              {save.isPending ? t('audit.exporting', { count: exported }) : t('audit.export')}
            </Button>
            <Button
              variant="primary"
              icon={ShieldCheck}
              isPending={verify.isPending}
              onPress={() => verify.mutate()}
            >
              {t('audit.verify')}
            </Button>
          </>
        }
      />
      <ProblemNote problem={verify.error ?? save.error} />
      {verify.data ? (
        verify.data.valid ? (
          <p
            role="status"
            className="flex items-center gap-2 rounded-lg border border-success-line bg-success-soft px-3 py-2.5"
          >
            <CircleCheck size={16} aria-hidden className="text-success" />
            {t('audit.valid', { count: verify.data.events })}
          </p>
        ) : (
          <div
            role="alert"
            className="flex items-start gap-2.5 rounded-lg border border-danger-line bg-danger-soft px-3 py-2.5"
          >
            <ShieldX size={16} aria-hidden className="mt-0.5 text-danger" />
            <span className="flex flex-col">
              <span className="font-medium text-danger">
                {t('audit.broken', { sequence: verify.data.brokenAt ?? '?' })}
              </span>
              <span className="text-sm">{t('audit.brokenDetail')}</span>
            </span>
          </div>
        )
      ) : null}
      <DataTable
        label={t('audit.title')}
        columns={columns}
        source={source}
        rowId={(event) => event.id}
        search={box(t('audit.search'))}
        filters={
          <>
            <Segmented<Span>
              label={t('audit.range')}
              value={span}
              onChange={(next) => {
                if (next !== 'other') set({ from: startOf(next), to: undefined })
              }}
              options={[
                { value: 'today', label: t('audit.today') },
                { value: 'week', label: t('audit.week') },
                { value: 'quarter', label: t('audit.quarter') },
                { value: 'all', label: t('audit.allTime') },
              ]}
            />
            {span === 'other' ? (
              <FilterChip
                name={t('audit.range')}
                value={[search.from, search.to].map((at) => (at ? format.dateTime(at) : '…')).join(' – ')}
                onRemove={() => set({ from: undefined, to: undefined })}
              />
            ) : null}
            {search.actor ? (
              <FilterChip
                name={t('audit.actor')}
                value={search.actor}
                onRemove={() => set({ actor: undefined })}
              />
            ) : null}
            {search.action ? (
              <FilterChip
                name={t('audit.action')}
                value={search.action}
                onRemove={() => set({ action: undefined })}
              />
            ) : null}
            {search.resource ? (
              <FilterChip
                name={t('audit.resource')}
                value={search.resource}
                onRemove={() => set({ resource: undefined })}
              />
            ) : null}
          </>
        }
        onClearFilters={clear}
        empty={<EmptyState icon={ScrollText} title={t('audit.empty')} sentence={t('audit.emptySentence')} />}
      />
      {opened ? (
        <Drawer
          isOpen
          onClose={() => set({ event: undefined })}
          size="lg"
          title={<code>{opened.action}</code>}
          sentence={t('audit.event', { sequence: format.count(opened.sequence) })}
        >
          <EventStory event={opened} onFilter={(part) => set({ ...part, event: undefined })} />
        </Drawer>
      ) : null}
    </Page>
  )
}

function EventStory({
  event,
  onFilter,
}: {
  event: AuditEvent
  onFilter(part: { actor?: string; action?: string; resource?: string }): void
}) {
  const { t } = useTranslation('admin')
  const filter = 'rounded-sm text-left hover:text-accent-text'
  return (
    <div className="flex flex-col gap-5">
      <KeyValue
        facts={[
          { label: t('audit.column.at'), value: <Time at={event.at} look="instant" /> },
          {
            label: t('audit.column.actor'),
            value: (
              <span className="flex flex-wrap items-center gap-2">
                <button
                  type="button"
                  className={filter}
                  onClick={() => onFilter({ actor: event.actor.id ?? event.actor.name })}
                >
                  {event.actor.name}
                </button>
                <Badge>{t(`audit.kind.${event.actor.kind}`)}</Badge>
              </span>
            ),
          },
          {
            label: t('audit.column.action'),
            value: (
              <button type="button" className={filter} onClick={() => onFilter({ action: event.action })}>
                <code>{event.action}</code>
              </button>
            ),
          },
          {
            label: t('audit.column.resource'),
            value: (
              <button
                type="button"
                className={filter}
                onClick={() => onFilter({ resource: event.resource.id })}
              >
                {event.resource.name} <code className="text-xs text-faint">{event.resource.id}</code>
              </button>
            ),
          },
          ...(event.reason ? [{ label: t('audit.reason'), value: event.reason }] : []),
          { label: t('audit.request'), value: <Copyable text={event.requestId} /> },
          { label: t('audit.hash'), value: <Copyable text={event.hash} /> },
          { label: t('audit.previous'), value: <Copyable text={event.previousHash} /> },
        ]}
      />
      <section className="flex flex-col gap-2">
        <h3 className="font-medium">{t('audit.beforeAfter')}</h3>
        {event.changes.length > 0 ? (
          <ConfigChanges changes={event.changes} />
        ) : (
          <p className="text-muted">{t('audit.noChanges')}</p>
        )}
      </section>
    </div>
  )
}

function Copyable({ text }: { text: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="min-w-0 break-all text-sm">{text}</code>
      <CopyButton text={text} className="-my-1" />
    </span>
  )
}
