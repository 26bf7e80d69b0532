// What is left of each limit of an application; at 80 % the bar warns, at 100 % it says so.

import { useQuery } from '@tanstack/react-query'
import { Meter } from 'react-aria-components/Meter'
import { useTranslation } from 'react-i18next'
import { cx } from '../../ui/class-names.ts'
import { useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { useTick } from '../../ui/tick.ts'
import { quotaQuery, type Scope, subscriptionsQuery } from './queries.ts'

export function Quotas({ scope }: { scope: Scope & { application: string } }) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  const query = useQuery(quotaQuery(scope))
  const subscriptions = useQuery(subscriptionsQuery(scope)).data?.data
  const quotas = query.data?.data ?? []
  useTick()
  if (quotas.length === 0) return null
  return (
    <Section title={t('usage.quotas')}>
      <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {quotas.map((quota) => {
          const subscription = subscriptions?.find(({ id }) => id === quota.subscription)
          const plan = subscription
            ? `${subscription.product.title} · ${subscription.plan.title}`
            : quota.plan
          const ratio = quota.limit > 0 ? quota.used / quota.limit : 1
          const color = ratio >= 1 ? 'bg-danger-solid' : ratio >= 0.8 ? 'bg-warning-solid' : 'bg-accent'
          return (
            <li
              key={`${quota.subscription}${quota.policy}`}
              className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-4"
            >
              <div className="flex items-baseline justify-between gap-3">
                <span className="min-w-0 truncate font-medium">{plan}</span>
                <span className="shrink-0 text-sm text-muted">{quota.policy}</span>
              </div>
              <Meter
                aria-label={t('usage.quotaOf', { plan, policy: quota.policy })}
                value={quota.used}
                maxValue={quota.limit}
              >
                <div className="h-1.5 overflow-hidden rounded-full bg-pressed">
                  <div
                    className={cx('h-full rounded-full', color)}
                    style={{ width: `${Math.min(ratio, 1) * 100}%` }}
                  />
                </div>
              </Meter>
              <div className="tabular flex justify-between gap-3 text-sm text-muted">
                <span>
                  {t('usage.quotaUsed', { used: format.count(quota.used), limit: format.count(quota.limit) })}
                </span>
                {/* A window in which nobody called yet has no end. */}
                {Date.parse(quota.resetAt) > Date.now() ? (
                  <span>{t('usage.quotaResets', { when: format.ago(quota.resetAt) })}</span>
                ) : null}
              </div>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
