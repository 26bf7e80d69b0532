// What somebody should know and did not ask for: a few lines, newest first, nothing to click away.

import type { Notice } from '@gatewright/shared/contract/notices'
import { useQuery } from '@tanstack/react-query'
import { Gauge, ShieldAlert, TimerOff, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../api/client.ts'
import { Badge } from '../ui/badge.tsx'
import { useFormat } from '../ui/format.ts'
import { Card, Section } from '../ui/page.tsx'
import { Loaded, More, Skeleton } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'

const shownAtOnce = 5

interface NoticesProps {
  tenant: string
  application?: string | undefined
  hidesWhenEmpty?: boolean
}

export function Notices({ tenant, application, hidesWhenEmpty = false }: NoticesProps) {
  const { t } = useTranslation()
  const query = useQuery(
    orpc.notices.list.queryOptions({
      input: { tenant, limit: 50, ...(application === undefined ? {} : { application }) },
      refetchInterval: 60_000,
    }),
  )
  if (hidesWhenEmpty && (query.data?.data.length ?? 0) === 0) return null
  return (
    <Section title={t('notices.title')}>
      <Card pad={false}>
        <Loaded query={query} skeleton={<Skeleton className="m-4 h-16" />}>
          {({ data }) =>
            data.length === 0 ? (
              <p className="px-4 py-8 text-center text-muted">{t('notices.empty')}</p>
            ) : (
              <>
                <NoticeList notices={data.slice(0, shownAtOnce)} />
                {data.length > shownAtOnce ? (
                  <div className="border-t border-line px-4 py-2">
                    <More summary={t('notices.more')}>
                      <NoticeList notices={data.slice(shownAtOnce)} />
                    </More>
                  </div>
                ) : null}
              </>
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}

const icons = {
  quota_warning: Gauge,
  quota_used_up: TriangleAlert,
  service_level_missed: TimerOff,
  security_finding: ShieldAlert,
} as const
const colors = {
  quota_warning: 'text-warning',
  quota_used_up: 'text-danger',
  service_level_missed: 'text-danger',
  security_finding: 'text-danger',
} as const

function NoticeList({ notices }: { notices: readonly Notice[] }) {
  return (
    <ul className="divide-y divide-line">
      {notices.map((notice) => {
        const Icon = icons[notice.kind]
        return (
          <li key={notice.id} className="flex min-h-11 items-start gap-3 px-4 py-2.5">
            <Icon size={16} aria-hidden className={`mt-0.5 shrink-0 ${colors[notice.kind]}`} />
            <span className="flex min-w-0 flex-1 flex-col">
              <span className="font-medium">
                <Headline notice={notice} />
              </span>
              <span className="tabular text-sm text-muted">
                <Detail notice={notice} />
              </span>
            </span>
            <span className="max-sm:hidden">
              <Badge>{notice.environment}</Badge>
            </span>
            <span className="shrink-0 text-sm text-faint">
              <Time at={notice.at} />
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function Headline({ notice }: { notice: Notice }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (notice.kind === 'security_finding')
    return t(`notices.finding.${notice.finding.pattern}`, { client: notice.finding.client.id })
  const plan = notice.plan.title
  if (notice.kind === 'service_level_missed')
    return t('notices.service_level_missed', { plan, day: format.date(notice.missed.day) })
  const { policy, percent } = notice.quota
  return t(`notices.${notice.kind}`, { application: notice.application.title, plan, policy, percent })
}

function Detail({ notice }: { notice: Notice }) {
  const { t } = useTranslation()
  const format = useFormat()
  if (notice.kind === 'security_finding') return t('notices.findingDetail', { count: notice.finding.count })
  if (notice.kind !== 'service_level_missed')
    return t('notices.quotaDetail', {
      limit: format.count(notice.quota.limit),
      when: format.ago(notice.quota.resetsAt),
    })
  const { p95Ms, p95TargetMs, availability, availabilityTarget } = notice.missed
  const isSlow = p95Ms !== null && p95TargetMs !== null && p95Ms > p95TargetMs
  const isAway = availability !== null && availabilityTarget !== null && availability < availabilityTarget
  return [
    isSlow
      ? t('notices.p95', { got: format.duration(p95Ms), promised: format.duration(p95TargetMs) })
      : undefined,
    isAway
      ? t('notices.availability', {
          got: format.count(availability),
          promised: format.count(availabilityTarget),
        })
      : undefined,
  ]
    .filter((words) => words !== undefined)
    .join(' · ')
}
