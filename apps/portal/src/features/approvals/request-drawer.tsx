// One request in full, reached from the mail's link: who asks, for what, with which terms; one press decides.

import type { Subscription } from '@gatewright/shared/model/access'
import { Check, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Loaded, Skeleton } from '../../ui/states.tsx'
import { SubscriptionChip, subscriptionTones } from '../../ui/subscription-chip.tsx'
import { TextArea } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import { Timeline } from '../../ui/timeline.tsx'

interface RequestDrawerProps {
  query: { data: Subscription | undefined; error: unknown; refetch(): unknown }
  isPending: boolean
  problem: unknown
  onClose(): void
  onDecide(decision: 'approve' | 'reject', note: string): void
}

export function RequestDrawer({ query, isPending, problem, onClose, onDecide }: RequestDrawerProps) {
  const { t } = useTranslation('admin')
  const [note, setNote] = useState('')
  const waits = query.data?.state === 'pending'
  return (
    <Drawer
      isOpen
      onClose={onClose}
      title={t('approvals.drawer')}
      footer={
        waits ? (
          <>
            <Button
              variant="danger-quiet"
              icon={X}
              isDisabled={isPending}
              onPress={() => onDecide('reject', note)}
            >
              {t('approvals.reject')}
            </Button>
            <Button
              variant="primary"
              icon={Check}
              isPending={isPending}
              onPress={() => onDecide('approve', note)}
            >
              {t('approvals.approve')}
            </Button>
          </>
        ) : null
      }
    >
      <Loaded query={query} skeleton={<Skeleton className="h-64 w-full" />}>
        {(request) => (
          <div className="flex flex-col gap-5">
            {waits ? null : (
              <p className="text-muted">
                {t('approvals.decided', { state: t(`subscriptionState.${request.state}`).toLowerCase() })}
              </p>
            )}
            <KeyValue
              facts={[
                {
                  label: t('approvals.application'),
                  value: <span className="font-medium">{request.application.title}</span>,
                },
                {
                  label: t('approvals.requester'),
                  value: (
                    <span className="flex flex-col">
                      {request.application.owner.name}
                      <span className="text-sm text-muted">{request.application.owner.email}</span>
                      {request.application.team ? (
                        <span className="text-sm text-muted">{request.application.team.title}</span>
                      ) : null}
                    </span>
                  ),
                },
                {
                  label: t('approvals.column.plan'),
                  value: `${request.product.title} · ${request.plan.title}`,
                },
                {
                  label: t('approvals.terms'),
                  value:
                    request.plan.terms.length > 0 ? request.plan.terms.join(' · ') : t('products.noTerms'),
                },
                { label: t('approvals.asked'), value: <Time at={request.createdAt} look="dateTime" /> },
                { label: t('subscriptions.state'), value: <SubscriptionChip state={request.state} /> },
                ...(request.note ? [{ label: t('approvals.column.note'), value: request.note }] : []),
              ]}
            />
            <section className="flex flex-col gap-2">
              <h3 className="font-medium">{t('approvals.history')}</h3>
              <Timeline
                label={t('approvals.history')}
                entries={request.history.map((entry, index) => ({
                  id: String(index),
                  tone: subscriptionTones[entry.state],
                  title: `${t(`subscriptionState.${entry.state}`)} · ${entry.actor}`,
                  detail: entry.note,
                  at: entry.at,
                }))}
              />
            </section>
            {waits ? (
              <TextArea
                label={t('approvals.note')}
                help={t('approvals.noteHelp')}
                aside={t('optional')}
                value={note}
                onChange={setNote}
                rows={3}
                maxLength={1000}
              />
            ) : null}
            <ProblemNote problem={problem} />
          </div>
        )}
      </Loaded>
    </Drawer>
  )
}
