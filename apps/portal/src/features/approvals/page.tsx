// Journey J4: the inbox. Select all, approve with a note, and see each request's own result.

import type { Subscription } from '@gatewright/shared/model/access'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Check, Inbox, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { FilterChip } from '../../ui/filter-chip.tsx'
import { LinkButton } from '../../ui/link.tsx'
import { useListSearch } from '../../ui/list-search.ts'
import { useLiveText } from '../../ui/live-note.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { TextArea, TextField } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { RequestDrawer } from './request-drawer.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/approvals')

export type Decision = 'approve' | 'reject'
type SubscriptionId = Subscription['id']

export interface DecideWish {
  ids: readonly SubscriptionId[]
  decision: Decision
  note: string
}

export function ApprovalsPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const liveText = useLiveText()
  const mayDecide = useMay(tenant)('subscription:decide')
  const { filters, set, clear, box } = useListSearch(search, ['request'])
  const source = usePages(
    orpc.subscriptions.list,
    { tenant, ...filters, state: 'pending', limit: 200 },
    { refetchInterval: 15_000 },
  )
  const opened = useQuery({
    ...orpc.subscriptions.get.queryOptions({
      input: { tenant, subscription: (search.request ?? '') as SubscriptionId },
    }),
    enabled: search.request !== undefined,
  })
  // One note for all that are chosen, typed beside the buttons: approving many is then a single press.
  const [note, setNote] = useState('')
  const [rejecting, setRejecting] = useState<{ ids: readonly SubscriptionId[]; clear: () => void }>()
  const [failures, setFailures] = useState<ReadonlyArray<{ id: string; name: string; reason: string }>>([])

  const decide = useMutation({
    mutationFn: ({ ids, decision, note }: DecideWish) =>
      client.subscriptions.decide({ tenant, subscriptions: [...ids], decision, note }),
    onSuccess: async (answer, { decision }) => {
      const done = answer.results.filter((result) => result.problem === null).length
      const nameOf = (id: string) => source.rows?.find((row) => row.id === id)?.application.title ?? id
      setFailures(
        answer.results.flatMap((result) =>
          result.problem
            ? [{ id: result.subscription, name: nameOf(result.subscription), reason: result.problem.detail }]
            : [],
        ),
      )
      const detail = liveText(answer)
      if (done > 0) {
        toast({
          title: t(decision === 'approve' ? 'approvals.approved' : 'approvals.rejected', { count: done }),
          ...(detail ? { detail } : {}),
        })
      }
      setNote('')
      setRejecting(undefined)
      set({ request: undefined })
      await queryClient.invalidateQueries({ queryKey: orpc.subscriptions.key() })
    },
  })

  const columns: Column<Subscription>[] = [
    {
      id: 'application',
      header: t('approvals.column.application'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2.5">
          <Avatar name={row.application.title} shape="square" size={22} />
          <RowLink
            to="/admin/t/$tenant/$env/approvals"
            params={{ tenant, env }}
            search={{ ...search, request: row.id }}
            replace
            className="truncate"
          >
            {row.application.title}
          </RowLink>
        </span>
      ),
    },
    {
      id: 'requester',
      header: t('approvals.column.requester'),
      cell: (row) => (
        <span className="flex min-w-0 items-baseline gap-2 max-sm:justify-end">
          <span className="truncate">
            {row.application.owner.name}
            {row.application.team ? ` · ${row.application.team.title}` : null}
          </span>
          <span className="truncate text-sm text-faint max-lg:hidden">{row.application.owner.email}</span>
        </span>
      ),
    },
    {
      id: 'plan',
      header: t('approvals.column.plan'),
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2 max-sm:justify-end">
          <span className="truncate">{row.product.title}</span>
          <Badge>{row.plan.title}</Badge>
        </span>
      ),
    },
    {
      id: 'note',
      header: t('approvals.column.note'),
      isWideOnly: true,
      card: 'hidden',
      cell: (row) => <span className="line-clamp-1 text-muted">{row.note}</span>,
    },
    {
      id: 'age',
      header: t('approvals.column.age'),
      width: '8rem',
      align: 'end',
      card: 'aside',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.createdAt} />
        </span>
      ),
    },
    ...(mayDecide
      ? [
          {
            id: 'decide',
            header: '',
            width: '6rem',
            align: 'end' as const,
            cell: (row: Subscription) => (
              <span className="inline-flex gap-1">
                <Button
                  size="sm"
                  icon={Check}
                  isDisabled={decide.isPending}
                  onPress={() => decide.mutate({ ids: [row.id], decision: 'approve', note: '' })}
                >
                  {t('approvals.approve')}
                </Button>
              </span>
            ),
          },
        ]
      : []),
  ]

  const bulk = (ids: readonly string[], clear: () => void) => (
    <>
      <TextField
        label={t('approvals.note')}
        labelHidden
        placeholder={t('approvals.notePlaceholder')}
        value={note}
        onChange={setNote}
        maxLength={1000}
        className="w-72 max-w-full"
      />
      <Button
        variant="primary"
        icon={Check}
        isPending={decide.isPending}
        onPress={() =>
          decide.mutate({ ids: ids as SubscriptionId[], decision: 'approve', note }, { onSuccess: clear })
        }
      >
        {t('approvals.approveMany', { count: ids.length })}
      </Button>
      <Button
        variant="danger-quiet"
        icon={X}
        onPress={() => {
          decide.reset()
          setRejecting({ ids: ids as SubscriptionId[], clear })
        }}
      >
        {t('approvals.rejectMany', { count: ids.length })}
      </Button>
    </>
  )

  return (
    <Page>
      <PageHeader
        title={t('approvals.title')}
        sentence={t('approvals.sentence')}
        actions={
          <LinkButton to="/admin/t/$tenant/$env/subscriptions" params={{ tenant, env }}>
            {t('approvals.all')}
          </LinkButton>
        }
      />
      {failures.length > 0 ? (
        <div
          role="alert"
          className="flex flex-col gap-1 rounded-lg border border-warning-line bg-warning-soft px-3 py-2.5"
        >
          <div className="flex items-center justify-between gap-3">
            <p className="font-medium text-warning">{t('approvals.failed', { count: failures.length })}</p>
            <Button size="sm" variant="quiet" icon={X} onPress={() => setFailures([])}>
              {t('close')}
            </Button>
          </div>
          <ul className="list-disc pl-4 text-sm">
            {failures.map((failure) => (
              <li key={failure.id}>
                <span className="font-medium">{failure.name}</span>: {failure.reason}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      <ProblemNote problem={rejecting || search.request ? null : decide.error} />
      <DataTable
        label={t('approvals.title')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        search={box(t('approvals.search'))}
        filters={
          search.api ? (
            <FilterChip
              name={t('approvals.api')}
              value={search.api}
              onRemove={() => set({ api: undefined })}
            />
          ) : null
        }
        onClearFilters={clear}
        {...(mayDecide ? { bulkActions: bulk } : {})}
        empty={
          <EmptyState icon={Inbox} title={t('approvals.empty')} sentence={t('approvals.emptySentence')} />
        }
      />
      {rejecting ? (
        <RejectDialog
          count={rejecting.ids.length}
          note={note}
          onNote={setNote}
          isPending={decide.isPending}
          problem={decide.error}
          onClose={() => {
            setRejecting(undefined)
            decide.reset()
          }}
          onReject={() =>
            decide.mutate({ ids: rejecting.ids, decision: 'reject', note }, { onSuccess: rejecting.clear })
          }
        />
      ) : null}
      {search.request ? (
        <RequestDrawer
          query={opened}
          isPending={decide.isPending}
          problem={decide.error}
          onClose={() => set({ request: undefined })}
          onDecide={(decision, note) => {
            if (opened.data) decide.mutate({ ids: [opened.data.id], decision, note })
          }}
        />
      ) : null}
    </Page>
  )
}

interface RejectDialogProps {
  count: number
  note: string
  onNote(note: string): void
  isPending: boolean
  problem: unknown
  onClose(): void
  onReject(): void
}

/** Turning many away is asked twice, with room to say why. */
function RejectDialog({ count, note, onNote, isPending, problem, onClose, onReject }: RejectDialogProps) {
  const { t } = useTranslation('admin')
  return (
    <Dialog
      isOpen
      size="sm"
      onClose={onClose}
      isLocked={isPending}
      title={t('approvals.rejectTitle', { count })}
      footer={
        <>
          <Button onPress={onClose}>{t('cancel')}</Button>
          <Button variant="danger" isPending={isPending} onPress={onReject}>
            {t('approvals.rejectMany', { count })}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextArea
          label={t('approvals.note')}
          help={t('approvals.noteHelp')}
          aside={t('optional')}
          value={note}
          onChange={onNote}
          rows={3}
          maxLength={1000}
          autoFocus
        />
        <ProblemNote problem={problem} />
      </div>
    </Dialog>
  )
}
