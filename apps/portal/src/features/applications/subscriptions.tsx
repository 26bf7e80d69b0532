// Subscriptions of an application: which plans it may use, how each came about, and the way out.

import { useInfiniteQuery } from '@tanstack/react-query'
import { BadgeCheck } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOf } from '../../api/rows.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { StateChip, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { LinkButton } from '../../ui/link.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Subscription, subscriptionsQuery, useCancelSubscription } from './queries.ts'

const tones: Record<Subscription['state'], Tone> = {
  pending: 'warning',
  active: 'success',
  rejected: 'danger',
  suspended: 'warning',
  cancelled: 'neutral',
}

export function Subscriptions({ tenant, application }: { tenant: string; application: string }) {
  const { t } = useTranslation('developer')
  const query = useInfiniteQuery(subscriptionsQuery(tenant, application))
  const cancel = useCancelSubscription(tenant)
  const [shown, setShown] = useState<Subscription>()
  const [ending, setEnding] = useState<Subscription>()
  const close = () => {
    cancel.reset()
    setEnding(undefined)
  }
  const columns: ReadonlyArray<Column<Subscription>> = [
    {
      id: 'plan',
      header: t('subscriptions.plan'),
      card: 'title',
      cell: (row) => (
        <button
          type="button"
          onClick={() => setShown(row)}
          className="flex flex-col rounded-sm py-1 text-left"
        >
          <span className="font-medium hover:text-accent-text">
            {row.product.title} · {row.plan.title}
          </span>
          <span className="text-sm text-muted">
            {[
              ...(row.product.provider
                ? [t('catalogue.sharedBy', { team: row.product.provider.title })]
                : []),
              ...row.plan.terms,
            ].join(' · ')}
          </span>
        </button>
      ),
    },
    {
      id: 'state',
      header: t('subscriptions.state'),
      width: '9rem',
      card: 'aside',
      cell: (row) => <StateChip tone={tones[row.state]}>{t(`subscriptions.states.${row.state}`)}</StateChip>,
    },
    {
      id: 'since',
      header: t('subscriptions.since'),
      width: '10rem',
      align: 'end',
      cell: (row) => <Time at={row.createdAt} look="date" />,
    },
    {
      id: 'actions',
      header: '',
      width: '8rem',
      align: 'end',
      cell: (row) =>
        // A suspension is ended by who approves, not by who was suspended.
        row.state === 'active' || row.state === 'pending' ? (
          <Button size="sm" variant="danger-quiet" onPress={() => setEnding(row)}>
            {t('subscriptions.cancel')}
          </Button>
        ) : null,
    },
  ]
  const browse = (
    <LinkButton variant="primary" to="/p/$tenant" params={{ tenant }}>
      {t('subscriptions.browse')}
    </LinkButton>
  )
  return (
    <div className="flex flex-col gap-4">
      <DataTable
        label={t('applications.subscriptions')}
        columns={columns}
        source={rowsOf(query)}
        rowId={(row) => row.id}
        isDimmed={(row) => row.state === 'cancelled' || row.state === 'rejected'}
        empty={
          <EmptyState
            icon={BadgeCheck}
            title={t('subscriptions.empty')}
            sentence={t('subscriptions.emptyDetail')}
            action={browse}
          />
        }
      />
      <Drawer
        isOpen={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown ? `${shown.product.title} · ${shown.plan.title}` : ''}
        sentence={shown ? <code>{shown.id}</code> : null}
        size="sm"
      >
        {shown ? (
          <Timeline
            label={t('subscriptions.history')}
            entries={shown.history
              .map((step, index) => ({
                id: String(index),
                tone: tones[step.state],
                title: t(`subscriptions.steps.${step.state}`, { actor: step.actor }),
                detail: step.note ? `“${step.note}”` : undefined,
                at: step.at,
              }))
              .reverse()}
          />
        ) : null}
      </Drawer>
      <AlertDialog
        isOpen={ending !== undefined}
        onClose={close}
        title={t('subscriptions.cancelTitle', {
          plan: ending ? `${ending.product.title} · ${ending.plan.title}` : '',
        })}
        action={t('subscriptions.cancelAction')}
        isPending={cancel.isPending}
        problem={cancel.error}
        onConfirm={() => {
          if (!ending) return
          cancel.mutate(ending.id, {
            onSuccess: () => {
              toast({ title: t('subscriptions.cancelled') })
              close()
            },
          })
        }}
      >
        {t('subscriptions.cancelDetail')}
      </AlertDialog>
    </div>
  )
}
