// The upstreams of a version: what each is made of, and how the gateways of the environment see it right now.

import { useQuery } from '@tanstack/react-query'
import { ChevronRight, Plus, Server } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../../api/session.ts'
import { Badge } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { useFormat } from '../../../ui/format.ts'
import { PlainLink } from '../../../ui/link.tsx'
import { Card, Section } from '../../../ui/page.tsx'
import { EmptyState, Loaded } from '../../../ui/states.tsx'
import { useApiPlace } from '../place.ts'
import { liveUpstreamsQuery, versionQuery } from '../queries.ts'
import { BreakerChip, DiscoveryNote, LiveStrip, TargetFigures, TargetHealth } from './health-now.tsx'
import { type TargetNow, type UpstreamNow, upstreamsNow } from './live.ts'
import { settingsOf, type Upstream } from './settings.ts'
import { useSummary } from './summary.ts'

const AddUpstreamDialog = lazy(async () => ({
  default: (await import('./add-dialog.tsx')).AddUpstreamDialog,
}))

export function UpstreamsTab() {
  const { tenant, env, api, place, search } = useApiPlace()
  const { t } = useTranslation('admin')
  const format = useFormat()
  const may = useMay(tenant)
  const version = useQuery(versionQuery(place))
  const deployment = version.data?.deployments.find((candidate) => candidate.environment === env)
  const live = useQuery({ ...liveUpstreamsQuery(place, env), enabled: deployment !== undefined })
  const [isAdding, setAdding] = useState(false)
  const now = live.data ? upstreamsNow(live.data) : undefined
  const shares = deployment?.traffic?.shares ?? []
  return (
    <Loaded query={version}>
      {(loaded) => {
        const isEditable = may('api:write') && loaded.lifecycle !== 'retired'
        return (
          <>
            {loaded.upstreams.length === 0 ? (
              <Card>
                <EmptyState
                  icon={Server}
                  title={t('upstreams.none')}
                  sentence={t('upstreams.noneSentence')}
                  action={
                    isEditable ? (
                      <Button variant="primary" icon={Plus} onPress={() => setAdding(true)}>
                        {t('upstreams.addFirst')}
                      </Button>
                    ) : null
                  }
                />
              </Card>
            ) : (
              <Section
                title={t('upstreams.title')}
                sentence={t('upstreams.sentence')}
                actions={
                  isEditable ? (
                    <Button icon={Plus} onPress={() => setAdding(true)}>
                      {t('upstreams.add')}
                    </Button>
                  ) : null
                }
              >
                <LiveStrip env={env} isDeployed={deployment !== undefined} query={live} />
                {defaultFirst(loaded.upstreams).map((upstream) => {
                  const share = shares.find((candidate) => candidate.upstream === upstream.name)?.weight
                  return (
                    <UpstreamCard
                      key={upstream.name}
                      upstream={upstream}
                      now={now?.get(upstream.name)}
                      isLive={now !== undefined && now.size > 0}
                      share={
                        share === undefined
                          ? undefined
                          : t('upstreams.takes', { share: format.percent(share / 100) })
                      }
                      link={
                        <PlainLink
                          to="/admin/t/$tenant/$env/apis/$api/upstreams/$upstream"
                          params={{ tenant, env, api, upstream: upstream.name }}
                          search={search}
                          className="font-mono font-medium after:absolute after:inset-0 hover:underline"
                        >
                          {upstream.name}
                        </PlainLink>
                      }
                    />
                  )
                })}
              </Section>
            )}
            <Suspense>
              {isAdding ? (
                <AddUpstreamDialog version={loaded} place={place} onClose={() => setAdding(false)} />
              ) : null}
            </Suspense>
          </>
        )
      }}
    </Loaded>
  )
}

function defaultFirst(upstreams: readonly Upstream[]): Upstream[] {
  return [...upstreams].sort((a, b) => Number(b.name === 'default') - Number(a.name === 'default'))
}

interface UpstreamCardProps {
  upstream: Upstream
  now: UpstreamNow | undefined
  /** Some gateway told its state. */
  isLive: boolean
  share: string | undefined
  link: React.ReactNode
}

function UpstreamCard({ upstream, now, isLive, share, link }: UpstreamCardProps) {
  const { t } = useTranslation('admin')
  const { line } = useSummary()
  const rows = rowsOf(upstream, now)
  return (
    <Card pad={false}>
      <div className="relative flex items-start gap-3 rounded-t-lg px-4 py-3 hover:bg-hover">
        <div className="flex min-w-0 flex-1 flex-col gap-0.5">
          <span className="flex flex-wrap items-center gap-2">
            {link}
            {upstream.name === 'default' ? <Badge>{t('upstreams.usedUnlessSaid')}</Badge> : null}
            {share ? <Badge tone="accent">{share}</Badge> : null}
            {isLive && !now ? <Badge tone="info">{t('upstreams.notPublished')}</Badge> : null}
            {now?.breaker ? <BreakerChip breaker={now.breaker} /> : null}
          </span>
          <span className="text-sm text-muted">{line(settingsOf(upstream))}</span>
          {now?.discovery ? <DiscoveryNote discovery={now.discovery} /> : null}
        </div>
        <ChevronRight size={16} aria-hidden className="mt-1 shrink-0 text-faint" />
      </div>
      {rows.length === 0 ? (
        <p className="border-t border-line px-4 py-3 text-sm text-muted">{t('upstreams.nothingFound')}</p>
      ) : (
        <ul className="divide-y divide-line border-t border-line">
          {rows.map(({ url, weight, region, target }) => (
            <li
              key={url}
              className="grid items-center gap-x-6 gap-y-1 px-4 py-2.5 lg:grid-cols-[minmax(0,1.2fr)_minmax(0,1fr)_10rem]"
            >
              <span className="flex min-w-0 flex-wrap items-center gap-x-3">
                <code className="break-all">{url}</code>
                {region ? <Badge>{region}</Badge> : null}
                {target?.source === 'discovery' ? <Badge>{t('upstreams.found')}</Badge> : null}
                {weight !== undefined && weight !== 1 ? (
                  <span className="tabular text-sm text-muted">{t('upstreams.weightOf', { weight })}</span>
                ) : null}
              </span>
              {target ? (
                <>
                  <TargetHealth target={target} />
                  <span className="lg:justify-self-end">
                    <TargetFigures target={target} columns />
                  </span>
                </>
              ) : isLive && now ? (
                <span className="text-sm text-muted">{t('upstreams.targetNotPublished')}</span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}

interface Row {
  url: string
  region: string | null
  weight?: number
  target?: TargetNow
}

/** What the draft names first, then what gateways call beyond it: instances that were found, targets that the draft dropped. */
function rowsOf(upstream: Upstream, now: UpstreamNow | undefined): Row[] {
  const seen = new Map(now?.targets.map((target) => [target.url, target]))
  const named = upstream.targets.map(({ url, region, weight }) => {
    const target = seen.get(url) ?? seen.get(url.replace(/\/$/, ''))
    if (target) seen.delete(target.url)
    return { url, region, weight, ...(target ? { target } : {}) }
  })
  return [
    ...named,
    ...[...seen.values()].map((target) => ({ url: target.url, region: target.region, target })),
  ]
}
