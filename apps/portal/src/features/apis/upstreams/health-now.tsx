// How the gateways of an environment see an upstream right now: each target's state, the breaker, the discovery.

import { useQuery } from '@tanstack/react-query'
import { RadioTower, TriangleAlert, WifiOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Badge, Dot, StateChip, type Tone } from '../../../ui/badge.tsx'
import { useFormat } from '../../../ui/format.ts'
import { ProblemNote } from '../../../ui/problem-note.tsx'
import { Skeleton } from '../../../ui/states.tsx'
import { Time } from '../../../ui/time.tsx'
import { environmentsQuery } from '../queries.ts'
import type { Live, TargetNow, UpstreamNow } from './live.ts'

const targetTones = {
  healthy: 'success',
  draining: 'info',
  ejected: 'warning',
  unhealthy: 'danger',
} as const satisfies Record<TargetNow['state'], Tone>

const breakerTones = { closed: 'success', 'half-open': 'warning', open: 'danger' } as const satisfies Record<
  NonNullable<UpstreamNow['breaker']>['state'],
  Tone
>

interface LiveStripProps {
  env: string
  isDeployed: boolean
  query: { data: Live | undefined; error: unknown }
}

/** Where the states on this page come from, and who did not tell. */
export function LiveStrip({ env, isDeployed, query: { data, error } }: LiveStripProps) {
  const { t } = useTranslation('admin')
  const environment =
    useQuery(environmentsQuery).data?.data.find((candidate) => candidate.name === env)?.title ?? env
  if (!isDeployed) {
    return <Strip icon={<Dot tone="neutral" />}>{t('upstreams.live.notDeployed', { environment })}</Strip>
  }
  if (!data) {
    return error ? (
      <ProblemNote problem={error} />
    ) : (
      <Strip icon={<RadioTower size={14} aria-hidden className="text-faint" />}>
        <Skeleton className="h-4 w-56" />
      </Strip>
    )
  }
  const silent = data.unreachable
  if (data.data.length === 0) {
    return (
      <Strip icon={<WifiOff size={14} aria-hidden className="text-warning" />}>
        {silent.length > 0
          ? t('upstreams.live.allSilent', { environment, count: silent.length })
          : t('upstreams.live.noGateway', { environment })}
      </Strip>
    )
  }
  return (
    <Strip
      icon={
        error ? (
          <WifiOff size={14} aria-hidden className="text-warning" />
        ) : (
          <span aria-hidden className="relative grid size-3.5 place-items-center">
            <span className="absolute size-3.5 rounded-full bg-success-soft" />
            <span className="relative size-2 rounded-full bg-success-solid" />
          </span>
        )
      }
    >
      <span>
        {error
          ? t('upstreams.live.stale', { environment })
          : t('upstreams.live.from', { environment, count: data.data.length })}
      </span>
      {silent.length > 0 ? (
        <span className="inline-flex items-center gap-1.5 text-warning">
          <TriangleAlert size={14} aria-hidden />
          {t('upstreams.live.silent', { gateways: silent.join(', '), count: silent.length })}
        </span>
      ) : null}
    </Strip>
  )
}

function Strip({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <div className="flex min-h-5 flex-wrap items-center gap-x-2 gap-y-1 text-sm text-muted">
      {icon}
      {children}
    </div>
  )
}

/** State, since when, why: for the row of one target. */
export function TargetHealth({ target }: { target: TargetNow }) {
  const { t } = useTranslation('admin')
  const isWell = target.state === 'healthy'
  return (
    <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
      <StateChip tone={targetTones[target.state]}>{t(`upstreams.state.${target.state}`)}</StateChip>
      {target.agreeing < target.gateways ? (
        <span className="tabular text-sm text-muted">
          {t('upstreams.agreeing', { agreeing: target.agreeing, count: target.gateways })}
        </span>
      ) : null}
      {isWell ? null : (
        <span className="text-sm text-muted">
          {target.reason ? `${target.reason} · ` : ''}
          <Time at={new Date(target.since).toISOString()} />
        </span>
      )}
    </span>
  )
}

/** Latency, which is measured only where something is decided by it, and calls that wait; `columns` line up in a list. */
export function TargetFigures({ target, columns }: { target: TargetNow; columns?: boolean }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const place = columns ? 'lg:min-w-16 lg:text-right' : ''
  return (
    <span className="tabular flex items-center gap-x-4 text-sm text-muted">
      {target.latencyMs === null ? null : <span className={place}>{format.duration(target.latencyMs)}</span>}
      <span className={place}>{t('upstreams.openRequests', { count: target.openRequests })}</span>
    </span>
  )
}

export function BreakerChip({ breaker }: { breaker: NonNullable<UpstreamNow['breaker']> }) {
  const { t } = useTranslation('admin')
  return (
    <StateChip tone={breakerTones[breaker.state]}>
      {t(`upstreams.breaker.${breaker.state}`)}
      {breaker.agreeing < breaker.gateways
        ? ` · ${t('upstreams.agreeing', { agreeing: breaker.agreeing, count: breaker.gateways })}`
        : null}
    </StateChip>
  )
}

export function DiscoveryNote({ discovery }: { discovery: NonNullable<UpstreamNow['discovery']> }) {
  const { t } = useTranslation('admin')
  if (discovery.error !== null) {
    return (
      <span className="inline-flex items-baseline gap-1.5 text-sm text-warning">
        <TriangleAlert size={14} aria-hidden className="shrink-0 self-center" />
        {t('upstreams.discoveryFails', { reason: discovery.error })}
      </span>
    )
  }
  return (
    <Badge>
      {discovery.updatedAt === null ? (
        t('upstreams.discoveryWaits')
      ) : (
        <>
          {t('upstreams.discovered')} <Time at={new Date(discovery.updatedAt).toISOString()} />
        </>
      )}
    </Badge>
  )
}
