// What is left of each limit of an application; at 80 % the bar warns, at 100 % it says so.

import { useQuery } from '@tanstack/react-query'
import { Meter } from 'react-aria-components/Meter'
import { useTranslation } from 'react-i18next'
import { cx } from '../../ui/class-names.ts'
import { useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { quotaQuery, type Scope } from './queries.ts'

export function Quotas({ scope }: { scope: Scope & { application: string } }) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  const query = useQuery(quotaQuery(scope))
  const quotas = query.data?.data ?? []
  if (quotas.length === 0) return null
  return (
    <Section title={t('usage.quotas')}>
      <ul className="grid grid-cols-1 gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {quotas.map((quota) => {
          const ratio = quota.limit > 0 ? quota.used / quota.limit : 1
          const color = ratio >= 1 ? 'bg-danger-solid' : ratio >= 0.8 ? 'bg-warning-solid' : 'bg-accent'
          return (
            <li
              key={`${quota.subscription}${quota.policy}`}
              className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-4"
            >
              <div className="flex items-baseline justify-between gap-3">
                <span className="font-medium">{quota.plan}</span>
                <span className="text-sm text-muted">{quota.policy}</span>
              </div>
              <Meter
                aria-label={t('usage.quotaOf', { plan: quota.plan, policy: quota.policy })}
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
                <span>{t('usage.quotaResets', { when: format.ago(quota.resetAt) })}</span>
              </div>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}
