// An API at a glance: its traffic, where it is deployed, and the facts a reader asks for first.

import type { ApiVersion } from '@gatewright/shared/model/api'
import type { Environment } from '@gatewright/shared/model/environment'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowUpFromLine, CircleMinus } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge, Dot } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyField } from '../../ui/copy.tsx'
import { useFormat } from '../../ui/format.ts'
import { KeyValue } from '../../ui/key-value.tsx'
import { Link } from '../../ui/link.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { Stat, StatRow } from '../../ui/stat.tsx'
import { Loaded, Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { useApiPlace } from './place.ts'
import {
  apiQuery,
  apiRevisionsQuery,
  changesQuery,
  environmentsQuery,
  forgetApis,
  type VersionPlace,
  versionQuery,
} from './queries.ts'

const Markdown = lazy(async () => ({ default: (await import('../../ui/markdown.tsx')).Markdown }))
const PromoteDialog = lazy(async () => ({ default: (await import('./promote-dialog.tsx')).PromoteDialog }))

export function OverviewTab() {
  const { tenant, env, place } = useApiPlace()
  const may = useMay(tenant)
  const version = useQuery(versionQuery(place))
  return (
    <Loaded query={version}>
      {(loaded) => (
        <div className="flex flex-col gap-8">
          {may('analytics:read') ? <Traffic env={env} version={loaded} place={place} /> : null}
          <Environments version={loaded} place={place} />
          <Facts version={loaded} place={place} />
        </div>
      )}
    </Loaded>
  )
}

function Traffic({ env, version, place }: { env: string; version: ApiVersion; place: VersionPlace }) {
  const { tenant } = place
  const { t } = useTranslation('admin')
  const format = useFormat()
  const input = { tenant, environment: env, api: version.apiName, from: 'now-24h', to: 'now' }
  const overview = useQuery(orpc.analytics.overview.queryOptions({ input })).data?.current
  const points = useQuery(orpc.analytics.traffic.queryOptions({ input })).data?.points
  const subscriptions = useQuery(changesQuery(place)).data?.impact.subscribers
  const requests = overview?.requests ?? 0
  return (
    <StatRow>
      <Stat
        label={t('api.overview.requests')}
        value={overview ? format.compact(requests) : '–'}
        course={points?.map((point) => point.requests) ?? []}
      />
      <Stat
        label={t('api.overview.errorRate')}
        value={overview && requests > 0 ? format.percent(overview.errors / requests) : '–'}
        course={points?.map((point) => point.s4xx + point.s5xx) ?? []}
        color="var(--http-4xx)"
      />
      <Stat
        label={t('api.overview.p95')}
        value={
          overview?.total.p95Ms === null || overview === undefined
            ? '–'
            : format.duration(overview.total.p95Ms)
        }
      />
      <Stat
        label={t('api.overview.subscribers')}
        value={subscriptions === undefined ? '–' : format.count(subscriptions)}
      />
    </StatRow>
  )
}

function Environments({ version, place }: { version: ApiVersion; place: VersionPlace }) {
  const { t } = useTranslation('admin')
  const may = useMay(place.tenant)
  const queryClient = useQueryClient()
  const environments = useQuery(environmentsQuery).data?.data ?? []
  const newest = useInfiniteQuery(apiRevisionsQuery(place)).data?.pages[0]?.data[0]?.number
  const [promoteTo, setPromoteTo] = useState<Environment>()
  const [leaving, setLeaving] = useState<string>()
  const undeploy = useMutation({
    mutationFn: (environment: string) => client.publishing.undeploy({ ...place, environment }),
    onSuccess: async (_, environment) => {
      toast({ title: t('api.overview.undeployed', { environment }) })
      setLeaving(undefined)
      await forgetApis(queryClient)
    },
  })
  return (
    <Section title={t('api.overview.environments')} sentence={t('api.overview.environmentsSentence')}>
      <Card pad={false}>
        <ul className="divide-y divide-line">
          {environments.map((environment) => {
            const deployment = version.deployments.find(
              (candidate) => candidate.environment === environment.name,
            )
            const isNewest = deployment !== undefined && deployment.apiRevision === newest
            return (
              <li
                key={environment.name}
                className="grid items-center gap-x-6 gap-y-2 px-4 py-3 lg:grid-cols-[11rem_minmax(0,1fr)_15rem_auto]"
              >
                <span className="flex items-center gap-2 font-medium">
                  <Dot tone={deployment ? 'success' : 'neutral'} />
                  {environment.title}
                  {environment.production && environment.title !== t('production') ? (
                    <Badge tone="danger">{t('production')}</Badge>
                  ) : null}
                </span>
                {deployment ? (
                  <CopyField value={deployment.url} label={t('api.overview.baseUrl')} />
                ) : (
                  <span className="text-muted">{t('api.overview.notDeployed')}</span>
                )}
                <span className="flex flex-wrap items-center gap-x-2 text-sm text-muted">
                  {deployment ? (
                    <>
                      <span className="tabular font-medium text-ink">
                        {t('api.overview.deployed', { revision: deployment.apiRevision })}
                      </span>
                      <Badge tone={isNewest ? 'neutral' : 'warning'}>
                        {isNewest ? t('api.overview.current') : t('api.overview.behind')}
                      </Badge>
                      <Split deployment={deployment} tenant={place.tenant} />
                      <span className="basis-full truncate">
                        {deployment.deployedBy} · <Time at={deployment.deployedAt} />
                      </span>
                    </>
                  ) : null}
                </span>
                <span className="flex items-center gap-1 max-lg:-ml-2 lg:min-w-24 lg:justify-end">
                  {may('api:publish') &&
                  newest !== undefined &&
                  !isNewest &&
                  version.lifecycle !== 'retired' ? (
                    <Button size="sm" icon={ArrowUpFromLine} onPress={() => setPromoteTo(environment)}>
                      {deployment ? t('api.overview.update') : t('api.overview.promote')}
                    </Button>
                  ) : null}
                  {may('api:publish') && deployment ? (
                    <Button
                      size="sm"
                      variant="danger-quiet"
                      icon={CircleMinus}
                      onPress={() => setLeaving(environment.name)}
                    >
                      {t('api.overview.undeploy')}
                    </Button>
                  ) : null}
                </span>
              </li>
            )
          })}
        </ul>
      </Card>
      <Suspense>
        {promoteTo ? (
          <PromoteDialog
            place={place}
            environment={promoteTo}
            isDraftClean={version.unpublishedChanges === 0}
            onClose={() => setPromoteTo(undefined)}
          />
        ) : null}
      </Suspense>
      <AlertDialog
        isOpen={leaving !== undefined}
        onClose={() => setLeaving(undefined)}
        title={t('api.overview.undeployTitle', { environment: leaving ?? '' })}
        action={t('api.overview.undeploy')}
        onConfirm={() => {
          if (leaving) undeploy.mutate(leaving)
        }}
        isPending={undeploy.isPending}
        problem={undeploy.error}
        {...(environments.find((candidate) => candidate.name === leaving)?.production
          ? { typeToConfirm: leaving ?? '' }
          : {})}
      >
        {t('api.overview.undeployDetail')}
      </AlertDialog>
    </Section>
  )
}

/** Who else gets calls there; nothing when everything goes one way. */
function Split({ deployment, tenant }: { deployment: ApiVersion['deployments'][number]; tenant: string }) {
  const { t } = useTranslation('admin')
  const { api, search } = useApiPlace()
  const format = useFormat()
  const [, ...others] = deployment.traffic?.shares ?? []
  const taking = others.filter(({ weight }) => weight > 0)
  if (taking.length === 0) return null
  return (
    <Link
      to="/admin/t/$tenant/$env/apis/$api/traffic"
      params={{ tenant, env: deployment.environment, api }}
      search={search}
    >
      {taking
        .map(({ upstream, weight }) =>
          t('api.overview.takes', { name: upstream, share: format.percent(weight / 100) }),
        )
        .join(', ')}
    </Link>
  )
}

function Facts({ version, place }: { version: ApiVersion; place: VersionPlace }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const api = useQuery(apiQuery(place.tenant, place.api)).data
  const visibility = api?.visibility
  const facts: { label: string; value: ReactNode }[] = [
    {
      label: t('api.overview.access'),
      value: version.public ? t('api.overview.accessPublic') : t('api.overview.accessKey'),
    },
    {
      label: t('api.overview.upstream'),
      value:
        version.upstreams.length > 0 ? (
          <span className="flex flex-col">
            {version.upstreams.slice(0, 3).map(({ name, targets }) => (
              <span key={name} className="break-all">
                {version.upstreams.length > 1 ? `${name}: ` : ''}
                <code>{targets.map(({ url }) => url).join(', ') || t('api.overview.discovered')}</code>
              </span>
            ))}
            {version.upstreams.length > 3 ? (
              <span className="text-muted">
                {t('api.overview.moreUpstreams', { count: version.upstreams.length - 3 })}
              </span>
            ) : null}
          </span>
        ) : (
          <span className="text-muted">{t('api.overview.noUpstream')}</span>
        ),
    },
    {
      label: t('api.overview.hosts'),
      value:
        version.hosts.length === 0 ? (
          <span className="text-muted">{t('api.overview.anyHost')}</span>
        ) : (
          version.hosts.join(', ')
        ),
    },
    {
      label: t('api.overview.document'),
      value: version.document
        ? `OpenAPI ${version.document.specVersion} · ${version.document.format.toUpperCase()} · ${format.bytes(version.document.bytes)}`
        : t('api.overview.noDocument'),
    },
    ...(version.deprecatedAt
      ? [{ label: t('lifecycle.deprecated'), value: <Time at={version.deprecatedAt} look="date" /> }]
      : []),
    ...(version.sunsetAt
      ? [{ label: t('api.lifecycleDialog.sunset'), value: <Time at={version.sunsetAt} look="date" /> }]
      : []),
    ...(api && visibility
      ? [
          { label: t('api.overview.owner'), value: api.owner.name },
          {
            label: t('api.overview.visibility'),
            value:
              visibility.kind === 'groups'
                ? t('api.overview.visibilityGroups', { groups: visibility.groups.join(', ') })
                : visibility.kind === 'members'
                  ? t('api.overview.visibilityMembers')
                  : t('api.overview.visibilityPublic'),
          },
          {
            label: t('api.overview.tags'),
            value:
              api.tags.length > 0 ? (
                <span className="flex flex-wrap gap-1">
                  {api.tags.map((tag) => (
                    <Badge key={tag}>{tag}</Badge>
                  ))}
                </span>
              ) : (
                '–'
              ),
          },
          { label: t('api.overview.created'), value: <Time at={api.createdAt} look="dateTime" /> },
        ]
      : []),
  ]
  return (
    <Section title={t('api.overview.facts')}>
      <Card className="py-1!">
        <KeyValue facts={facts} />
      </Card>
      {api?.description ? (
        <Card>
          <Suspense fallback={<Skeleton className="h-16 w-full" />}>
            <Markdown>{api.description}</Markdown>
          </Suspense>
        </Card>
      ) : null}
    </Section>
  )
}
