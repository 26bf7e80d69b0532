// How the last days of each plan were, against what it promises: a square per day, with its figures behind it.

import type { Product } from '@gatewright/shared/model/access'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { useFormat } from '../../ui/format.ts'
import { Card, Section } from '../../ui/page.tsx'
import { Loaded, Skeleton } from '../../ui/states.tsx'

type Plan = Product['plans'][number]

interface ServiceLevelsProps {
  tenant: string
  environment: string
  product: string
  plans: readonly Plan[]
}

export function ServiceLevels({ plans, ...place }: ServiceLevelsProps) {
  const { t } = useTranslation('admin')
  const promising = plans.filter(
    ({ serviceLevel }) => serviceLevel.p95Ms !== null || serviceLevel.availability !== null,
  )
  if (promising.length === 0) return null
  return (
    <Section
      title={t('products.levels')}
      sentence={t('products.levelsSentence', { environment: place.environment })}
    >
      <Card pad={false}>
        <ul className="divide-y divide-line">
          {promising.map((plan) => (
            <Days key={plan.id} {...place} plan={plan} />
          ))}
        </ul>
      </Card>
    </Section>
  )
}

function Days({ plan, ...place }: Omit<ServiceLevelsProps, 'plans'> & { plan: Plan }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const query = useQuery(
    orpc.products.serviceLevel.queryOptions({ input: { ...place, plan: plan.name }, staleTime: 60_000 }),
  )
  const { p95Ms, availability } = plan.serviceLevel
  const promised = [
    p95Ms === null ? undefined : t('plan.p95Words', { value: format.duration(p95Ms) }),
    availability === null ? undefined : t('plan.availabilityWords', { value: availability }),
  ].filter((words) => words !== undefined)
  return (
    <li className="flex flex-col gap-2 px-4 py-3 sm:flex-row sm:items-center sm:gap-6">
      <span className="flex w-56 min-w-0 shrink-0 flex-col">
        <span className="font-medium">{plan.title}</span>
        <span className="text-sm text-muted">{promised.join(' · ')}</span>
      </span>
      <Loaded query={query} skeleton={<Skeleton className="h-6 w-full" />}>
        {({ data }) =>
          data.length === 0 ? (
            <span className="text-muted">{t('products.levelNoDays')}</span>
          ) : (
            <>
              <ul className="flex min-w-0 flex-1 flex-wrap gap-1">
                {data.toReversed().map((day) => {
                  const words = t('products.levelDay', {
                    day: format.date(day.day),
                    p95: day.p95Ms === null ? '–' : format.duration(day.p95Ms),
                    availability: day.availability === null ? '–' : `${format.count(day.availability)}%`,
                    calls: format.count(day.requests),
                  })
                  return (
                    <li
                      key={day.day}
                      title={words}
                      className={`size-4 rounded-sm ${day.isMet ? 'bg-success-solid' : 'bg-danger-solid'}`}
                    >
                      <span className="sr-only">
                        {t(day.isMet ? 'products.levelKept' : 'products.levelMissed', { day: words })}
                      </span>
                    </li>
                  )
                })}
              </ul>
              <span className="tabular shrink-0 text-sm text-muted">
                {t('products.levelDays', {
                  count: data.length,
                  kept: data.filter(({ isMet }) => isMet).length,
                })}
              </span>
            </>
          )
        }
      </Loaded>
    </li>
  )
}
