// The admin's first look: what is left to set up, whether the gateways are well, what waits, what changed last.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Import } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { membershipOf, useMay, useMe } from '../../api/session.ts'
import { ChartPanel } from '../../charts/panel.tsx'
import { Notices } from '../../notices/notices.tsx'
import { Avatar } from '../../ui/avatar.tsx'
import { Badge, Dot } from '../../ui/badge.tsx'
import { useFormat } from '../../ui/format.ts'
import { Link, LinkButton, PlainLink } from '../../ui/link.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { Stat, StatRow } from '../../ui/stat.tsx'
import { Loaded, Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { Onboarding } from './onboarding.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/')

export function AdminHomePage() {
  const { tenant, env } = route.useParams()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const me = useMe()
  const environment = useQuery(
    orpc.environments.list.queryOptions({ input: {}, staleTime: 60_000 }),
  ).data?.data.find((candidate) => candidate.name === env)
  const environmentTitle = environment?.title ?? env
  const membership = membershipOf(me, tenant)
  // A platform admin is in no tenant and looks at all of them.
  const visited = useQuery({
    ...orpc.tenancy.get.queryOptions({ input: { tenant } }),
    enabled: membership === undefined,
  }).data
  const tenantTitle = membership?.tenant.title ?? visited?.title ?? tenant
  return (
    <Page>
      <PageHeader
        title={t('home.hello', { tenant: tenantTitle })}
        sentence={t('home.sentence')}
        actions={
          may('api:write') ? (
            <LinkButton
              variant="primary"
              icon={Import}
              to="/admin/t/$tenant/$env/import"
              params={{ tenant, env }}
            >
              {t('home.newApi')}
            </LinkButton>
          ) : null
        }
      />
      {may('api:write') ? <Onboarding key={tenant} tenant={tenant} env={env} /> : null}
      <Health tenant={tenant} env={env} environmentTitle={environmentTitle} />
      <div className="grid items-start gap-6 lg:grid-cols-2">
        {may('subscription:decide') ? <Waiting tenant={tenant} env={env} /> : null}
        {may('gateway:read') || may('api:read') ? (
          <Recent tenant={tenant} env={env} environmentTitle={environmentTitle} />
        ) : null}
      </div>
      {may('analytics:read') ? <Notices tenant={tenant} /> : null}
    </Page>
  )
}

function Health({
  tenant,
  env,
  environmentTitle,
}: {
  tenant: string
  env: string
  environmentTitle: string
}) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const may = useMay(tenant)
  const input = { tenant, environment: env, from: 'now-24h', to: 'now' }
  const gateways = useQuery({
    ...orpc.environments.gateways.queryOptions({
      input: { tenant, environment: env },
      refetchInterval: 5_000,
    }),
    enabled: may('gateway:read'),
  }).data
  const numbers = useQuery({
    ...orpc.analytics.overview.queryOptions({ input, refetchInterval: 30_000 }),
    enabled: may('analytics:read'),
  }).data?.current
  const traffic = useQuery({
    ...orpc.analytics.traffic.queryOptions({ input, refetchInterval: 30_000 }),
    enabled: may('analytics:read'),
  })
  const alive = gateways?.data.filter((gateway) => gateway.state !== 'gone') ?? []
  const live = alive.filter((gateway) => gateway.state === 'live' && !gateway.drift)
  if (!may('gateway:read') && !may('analytics:read')) return null
  return (
    <Section title={t('home.health', { environment: environmentTitle })}>
      <StatRow>
        {may('gateway:read') ? (
          <Stat
            label={t('home.gateways')}
            value={gateways ? format.count(live.length) : '–'}
            unit={gateways ? t('home.of', { count: alive.length }) : ''}
          >
            {gateways ? (
              <PlainLink
                to="/admin/t/$tenant/$env/gateways"
                params={{ tenant, env }}
                className="inline-flex items-center gap-1.5 text-muted hover:text-ink"
              >
                <Dot tone={alive.length === 0 || live.length < alive.length ? 'warning' : 'success'} />
                {alive.length === 0
                  ? t('home.noGateway')
                  : live.length < alive.length
                    ? t('home.drift', { count: alive.length - live.length })
                    : t('home.allGood')}
              </PlainLink>
            ) : null}
          </Stat>
        ) : null}
        {may('analytics:read') ? (
          <>
            <Stat
              label={t('home.requests')}
              value={numbers ? format.compact(numbers.requests) : '–'}
              course={traffic.data?.points.map((point) => point.requests) ?? []}
            />
            <Stat
              label={t('home.errors')}
              value={numbers ? format.compact(numbers.serverErrors) : '–'}
              course={traffic.data?.points.map((point) => point.s5xx) ?? []}
              color="var(--http-5xx)"
            />
            <Stat
              label={t('home.p95')}
              value={numbers?.total.p95Ms == null ? '–' : format.duration(numbers.total.p95Ms)}
            />
          </>
        ) : null}
      </StatRow>
      {may('analytics:read') && traffic.data && (numbers?.requests ?? 0) > 0 ? (
        <ChartPanel
          title={t('home.traffic')}
          query={traffic}
          kind="stacked-bar"
          height={160}
          format={format.compact}
          series={[
            { key: 's2xx', label: '2xx', color: 'var(--http-2xx)' },
            { key: 's3xx', label: '3xx', color: 'var(--http-3xx)' },
            { key: 's4xx', label: '4xx', color: 'var(--http-4xx)' },
            { key: 's5xx', label: '5xx', color: 'var(--http-5xx)' },
          ]}
          marks={traffic.data.publishes.map((publish) => ({ at: publish.at, label: publish.reason }))}
          actions={
            <Link to="/insights/t/$tenant/$env" params={{ tenant, env }} className="px-1.5 text-sm">
              {t('home.trafficAll')}
            </Link>
          }
        />
      ) : null}
    </Section>
  )
}

function Waiting({ tenant, env }: { tenant: string; env: string }) {
  const { t } = useTranslation('admin')
  const query = useQuery(
    orpc.subscriptions.list.queryOptions({
      input: { tenant, state: 'pending', limit: 100 },
      refetchInterval: 15_000,
    }),
  )
  const total = query.data?.data.length ?? 0
  return (
    <Section
      title={t('home.approvals')}
      actions={
        total > 0 ? (
          <Link to="/admin/t/$tenant/$env/approvals" params={{ tenant, env }}>
            {t('home.approvalsAll', { count: total })}
          </Link>
        ) : null
      }
    >
      <Card pad={false}>
        <Loaded query={query} skeleton={<Skeleton className="m-4 h-16" />}>
          {({ data }) =>
            data.length === 0 ? (
              <p className="px-4 py-8 text-center text-muted">{t('home.approvalsEmpty')}</p>
            ) : (
              <ul className="divide-y divide-line">
                {data.slice(0, 5).map((request) => (
                  <li key={request.id}>
                    <PlainLink
                      to="/admin/t/$tenant/$env/approvals"
                      params={{ tenant, env }}
                      search={{ request: request.id }}
                      className="flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-hover"
                    >
                      <Avatar name={request.application.title} shape="square" size={22} />
                      <span className="min-w-0 flex-1 truncate font-medium">{request.application.title}</span>
                      <span className="min-w-0 truncate text-muted max-sm:hidden">
                        {request.product.title}
                      </span>
                      <Badge>{request.plan.title}</Badge>
                      <span className="text-sm text-faint">
                        <Time at={request.createdAt} />
                      </span>
                    </PlainLink>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}

function Recent({
  tenant,
  env,
  environmentTitle,
}: {
  tenant: string
  env: string
  environmentTitle: string
}) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const query = useQuery(
    orpc.environments.revisions.queryOptions({
      input: { tenant, environment: env, limit: 5 },
      refetchInterval: 15_000,
    }),
  )
  const [now, before] = query.data?.data ?? []
  return (
    <Section
      title={t('home.publishes')}
      actions={
        <span className="flex flex-wrap items-center gap-x-4">
          {now?.current && before && may('api:publish') ? (
            <Link
              to="/admin/t/$tenant/$env/revisions"
              params={{ tenant, env }}
              search={{ revision: before.number, rollback: true }}
            >
              {t('home.goBack')}
            </Link>
          ) : null}
          <Link to="/admin/t/$tenant/$env/revisions" params={{ tenant, env }}>
            {t('home.publishesAll')}
          </Link>
        </span>
      }
    >
      <Card pad={false}>
        <Loaded query={query} skeleton={<Skeleton className="m-4 h-16" />}>
          {({ data }) =>
            data.length === 0 ? (
              <p className="px-4 py-8 text-center text-muted">
                {t('home.publishesEmpty', { environment: environmentTitle })}
              </p>
            ) : (
              <ul className="divide-y divide-line">
                {data.map((revision) => (
                  <li key={revision.number}>
                    <PlainLink
                      to="/admin/t/$tenant/$env/revisions"
                      params={{ tenant, env }}
                      search={{ revision: revision.number }}
                      className="flex min-h-11 items-center gap-3 px-4 py-2 hover:bg-hover"
                    >
                      <span className="tabular w-8 text-muted">{revision.number}</span>
                      <span className="min-w-0 flex-1 font-medium sm:truncate">
                        {revision.reason || revision.action}
                      </span>
                      {revision.current ? <Badge tone="success">{t('revisions.current')}</Badge> : null}
                      <span className="truncate text-muted max-sm:hidden lg:max-2xl:hidden">
                        {revision.actor}
                      </span>
                      <span className="text-sm text-faint">
                        <Time at={revision.createdAt} />
                      </span>
                    </PlainLink>
                  </li>
                ))}
              </ul>
            )
          }
        </Loaded>
      </Card>
    </Section>
  )
}
