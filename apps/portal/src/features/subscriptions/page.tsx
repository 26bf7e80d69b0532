// Every subscription of the tenant: suspend, resume, cancel, or move to another plan; true on all gateways within two seconds.

import type { Subscription, SubscriptionState } from '@gatewright/shared/model/access'
import type { Propagation } from '@gatewright/shared/model/wire'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowLeftRight, Ban, PauseCircle, PlayCircle, Ticket } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { Dialog, Drawer } from '../../ui/dialog.tsx'
import { FilterChip } from '../../ui/filter-chip.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { Link, LinkButton } from '../../ui/link.tsx'
import { useListSearch } from '../../ui/list-search.ts'
import { useLiveText } from '../../ui/live-note.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState, Loaded, Skeleton } from '../../ui/states.tsx'
import { SubscriptionChip, subscriptionTones } from '../../ui/subscription-chip.tsx'
import { TextArea } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { toast } from '../../ui/toast.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/subscriptions')
const states: readonly SubscriptionState[] = ['pending', 'active', 'suspended', 'rejected', 'cancelled']
type Act = 'suspend' | 'resume' | 'cancel'

export function SubscriptionsPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const { t } = useTranslation('admin')
  const { filters, set, clear, box } = useListSearch(search, ['open'])
  const source = usePages(orpc.subscriptions.list, { tenant, ...filters })
  const columns: Column<Subscription>[] = [
    {
      id: 'application',
      header: t('subscriptions.column.application'),
      card: 'title',
      cell: (row) => (
        <RowLink
          to="/admin/t/$tenant/$env/subscriptions"
          params={{ tenant, env }}
          search={{ ...search, open: row.id }}
          replace
        >
          {row.application.title}
        </RowLink>
      ),
    },
    {
      id: 'owner',
      header: t('subscriptions.column.owner'),
      cell: (row) => (
        <span className="text-muted">
          {row.application.owner.name}
          {row.application.team ? ` · ${row.application.team.title}` : null}
        </span>
      ),
    },
    {
      id: 'plan',
      header: t('subscriptions.column.plan'),
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2 max-sm:justify-end">
          <span className="truncate">{row.product.title}</span>
          <Badge>{row.plan.title}</Badge>
        </span>
      ),
    },
    {
      id: 'state',
      header: t('subscriptions.column.state'),
      width: '9rem',
      card: 'aside',
      cell: (row) => <SubscriptionChip state={row.state} />,
    },
    {
      id: 'since',
      header: t('subscriptions.column.since'),
      width: '9rem',
      align: 'end',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.history.at(-1)?.at ?? row.createdAt} />
        </span>
      ),
    },
  ]
  return (
    <Page>
      <PageHeader
        title={t('subscriptions.title')}
        sentence={t('subscriptions.sentence')}
        actions={
          <LinkButton to="/admin/t/$tenant/$env/approvals" params={{ tenant, env }}>
            {t('subscriptions.approvals')}
          </LinkButton>
        }
      />
      <DataTable
        label={t('subscriptions.title')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        isDimmed={(row) => row.state === 'cancelled' || row.state === 'rejected'}
        search={box(t('subscriptions.search'))}
        filters={
          <>
            <Select
              label={t('subscriptions.state')}
              labelHidden
              className="w-40"
              value={search.state ?? 'any'}
              onChange={(value) => set({ state: value === 'any' ? undefined : value })}
              options={[
                { value: 'any' as const, label: t('subscriptions.anyState') },
                ...states.map((value) => ({ value, label: t(`subscriptionState.${value}`) })),
              ]}
            />
            {search.api ? (
              <FilterChip
                name={t('subscriptions.api')}
                value={search.api}
                onRemove={() => set({ api: undefined })}
              />
            ) : null}
            {search.plan ? (
              <FilterChip
                name={t('subscriptions.plan')}
                value={search.plan}
                onRemove={() => set({ plan: undefined })}
              />
            ) : null}
            {search.team ? (
              <FilterChip
                name={t('sharing.team')}
                value={search.team}
                onRemove={() => set({ team: undefined })}
              />
            ) : null}
          </>
        }
        onClearFilters={clear}
        empty={
          <EmptyState
            icon={Ticket}
            title={t('subscriptions.empty')}
            sentence={t('subscriptions.emptySentence')}
          />
        }
      />
      {search.open ? (
        <SubscriptionDrawer
          tenant={tenant}
          env={env}
          id={search.open as Subscription['id']}
          onClose={() => set({ open: undefined })}
        />
      ) : null}
    </Page>
  )
}

function SubscriptionDrawer({
  tenant,
  env,
  id,
  onClose,
}: {
  tenant: string
  env: string
  id: Subscription['id']
  onClose(): void
}) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const liveText = useLiveText()
  const queryClient = useQueryClient()
  const query = useQuery(orpc.subscriptions.get.queryOptions({ input: { tenant, subscription: id } }))
  const [asking, setAsking] = useState<Act | 'plan'>()
  const [note, setNote] = useState('')
  const act = useMutation({
    mutationFn: (what: Act): Promise<Propagation> =>
      what === 'cancel'
        ? client.subscriptions.cancel({ tenant, subscription: id, note })
        : client.subscriptions.decide({ tenant, subscriptions: [id], decision: what, note }),
    onSuccess: async (answer, what) => {
      const detail = liveText(answer)
      const words = {
        suspend: 'subscriptions.suspended',
        resume: 'subscriptions.resumed',
        cancel: 'subscriptions.cancelled',
      } as const
      toast({ title: t(words[what]), ...(detail ? { detail } : {}) })
      setAsking(undefined)
      setNote('')
      await queryClient.invalidateQueries({ queryKey: orpc.subscriptions.key() })
    },
  })
  const close = () => {
    setAsking(undefined)
    setNote('')
    act.reset()
  }
  const state = query.data?.state
  const mayDecide = may('subscription:decide')
  return (
    <Drawer
      isOpen
      onClose={onClose}
      title={
        query.data ? `${query.data.application.title} · ${query.data.plan.title}` : t('subscriptions.drawer')
      }
      footer={
        mayDecide && state ? (
          <>
            {state === 'active' || state === 'suspended' || state === 'pending' ? (
              <Button
                variant="danger-quiet"
                icon={Ban}
                className="mr-auto"
                onPress={() => setAsking('cancel')}
              >
                {t('subscriptions.cancel')}
              </Button>
            ) : null}
            {state === 'active' ? (
              <>
                <Button icon={ArrowLeftRight} onPress={() => setAsking('plan')}>
                  {t('subscriptions.changePlan')}
                </Button>
                <Button icon={PauseCircle} onPress={() => setAsking('suspend')}>
                  {t('subscriptions.suspend')}
                </Button>
              </>
            ) : null}
            {state === 'suspended' ? (
              <Button
                variant="primary"
                icon={PlayCircle}
                isPending={act.isPending}
                onPress={() => act.mutate('resume')}
              >
                {t('subscriptions.resume')}
              </Button>
            ) : null}
          </>
        ) : null
      }
    >
      <Loaded query={query} skeleton={<Skeleton className="h-64 w-full" />}>
        {(found) => (
          <div className="flex flex-col gap-5">
            <KeyValue
              facts={[
                {
                  label: t('subscriptions.column.application'),
                  value: (
                    <Link
                      to="/admin/t/$tenant/$env/applications/$application"
                      params={{ tenant, env, application: found.application.name }}
                    >
                      {found.application.title}
                    </Link>
                  ),
                },
                {
                  label: t('subscriptions.column.owner'),
                  value: [
                    found.application.owner.name,
                    found.application.owner.email,
                    found.application.team?.title,
                  ]
                    .filter((part) => part !== undefined)
                    .join(' · '),
                },
                {
                  label: t('subscriptions.column.plan'),
                  value: (
                    <Link
                      to="/admin/t/$tenant/$env/products/$product"
                      params={{ tenant, env, product: found.product.name }}
                    >
                      {found.product.title} · {found.plan.title}
                    </Link>
                  ),
                },
                {
                  label: t('approvals.terms'),
                  value: found.plan.terms.length > 0 ? found.plan.terms.join(' · ') : t('products.noTerms'),
                },
                { label: t('subscriptions.state'), value: <SubscriptionChip state={found.state} /> },
              ]}
            />
            <section className="flex flex-col gap-2">
              <h3 className="font-medium">{t('subscriptions.history')}</h3>
              <Timeline
                label={t('subscriptions.history')}
                entries={found.history.map((entry, index) => ({
                  id: String(index),
                  tone: subscriptionTones[entry.state],
                  title: `${t(`subscriptionState.${entry.state}`)} · ${entry.actor}`,
                  detail: entry.note,
                  at: entry.at,
                }))}
              />
            </section>
            <ProblemNote problem={asking ? null : act.error} />
            {asking === 'plan' ? (
              <ChangePlanDialog tenant={tenant} subscription={found} onClose={() => setAsking(undefined)} />
            ) : null}
          </div>
        )}
      </Loaded>
      <AlertDialog
        isOpen={asking === 'suspend' || asking === 'cancel'}
        onClose={close}
        title={t(asking === 'suspend' ? 'subscriptions.suspendTitle' : 'subscriptions.cancelTitle')}
        action={t(asking === 'suspend' ? 'subscriptions.suspend' : 'subscriptions.cancel')}
        onConfirm={() => {
          if (asking === 'suspend' || asking === 'cancel') act.mutate(asking)
        }}
        isPending={act.isPending}
        problem={act.error}
      >
        <div className="flex flex-col gap-4">
          {t(asking === 'suspend' ? 'subscriptions.suspendDetail' : 'subscriptions.cancelDetail')}
          <TextArea label={t('approvals.note')} value={note} onChange={setNote} rows={2} maxLength={1000} />
        </div>
      </AlertDialog>
    </Drawer>
  )
}

function ChangePlanDialog({
  tenant,
  subscription,
  onClose,
}: {
  tenant: string
  subscription: Subscription
  onClose(): void
}) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const liveText = useLiveText()
  const product = useQuery(
    orpc.products.get.queryOptions({ input: { tenant, product: subscription.product.name } }),
  )
  const plans = product.data?.plans.filter((plan) => !plan.archived && plan.id !== subscription.plan.id) ?? []
  const [chosen, setChosen] = useState<Subscription['plan']['id'] | null>(null)
  const move = useMutation({
    mutationFn: (plan: Subscription['plan']['id']) =>
      client.subscriptions.changePlan({ tenant, subscription: subscription.id, plan }),
    onSuccess: async (answer) => {
      const detail = liveText(answer)
      toast({ title: t('subscriptions.planChanged'), ...(detail ? { detail } : {}) })
      onClose()
      await queryClient.invalidateQueries({ queryKey: orpc.subscriptions.key() })
    },
  })
  return (
    <Dialog
      isOpen
      size="sm"
      onClose={onClose}
      title={t('subscriptions.changePlanTitle')}
      sentence={t('subscriptions.changePlanDetail')}
      footer={
        <Button
          variant="primary"
          isDisabled={chosen === null}
          isPending={move.isPending}
          onPress={() => {
            if (chosen) move.mutate(chosen)
          }}
        >
          {t('subscriptions.changePlan')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Select
          label={t('subscriptions.plan')}
          value={chosen}
          onChange={setChosen}
          options={plans.map((plan) => ({
            value: plan.id,
            label: plan.title,
            detail: plan.terms.join(' · '),
          }))}
        />
        <ProblemNote problem={move.error ?? product.error} />
      </div>
    </Dialog>
  )
}
