// Operators' first look: every gateway of the environment, what it runs, why it refused, and whether its events arrive.

import type { Environment, Gateway } from '@gatewright/shared/model/environment'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Server, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { rowsOfList } from '../../api/rows.ts'
import { Badge, StateChip, type Tone } from '../../ui/badge.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { KeyValue } from '../../ui/key-value.tsx'
import { LinkButton } from '../../ui/link.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Stat, StatRow } from '../../ui/stat.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/gateways')

export const stateTones: Record<Gateway['state'], Tone> = {
  live: 'success',
  lagging: 'warning',
  refused: 'danger',
  gone: 'neutral',
}

export function GatewaysPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const format = useFormat()
  const query = useQuery(
    orpc.environments.gateways.queryOptions({ input: { tenant, environment: env }, refetchInterval: 2_000 }),
  )
  const environment = query.data?.environment
  const gateways = query.data?.data ?? []
  const opened = gateways.find((gateway) => gateway.id === search.gateway)
  const alive = gateways.filter((gateway) => gateway.state !== 'gone')
  const open = (id: string | undefined) => void navigate({ search: { gateway: id }, replace: true })

  const columns: Column<Gateway>[] = [
    {
      id: 'gateway',
      header: t('gateways.column.gateway'),
      card: 'title',
      cell: (gateway) => (
        <RowLink
          to="/admin/t/$tenant/$env/gateways"
          params={{ tenant, env }}
          search={{ gateway: gateway.id }}
          replace
          className="font-mono text-sm whitespace-nowrap"
        >
          {gateway.id}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('gateways.column.state'),
      card: 'aside',
      width: '12rem',
      cell: (gateway) => (
        <span className="flex items-center gap-2">
          <StateChip tone={stateTones[gateway.state]}>{t(`gateways.state.${gateway.state}`)}</StateChip>
          {gateway.drift && gateway.state !== 'gone' ? (
            <Badge tone="warning">{t('gateways.drift')}</Badge>
          ) : null}
        </span>
      ),
    },
    { id: 'group', header: t('gateways.column.group'), width: '8rem', cell: (gateway) => gateway.group },
    {
      id: 'revision',
      header: t('gateways.column.revision'),
      align: 'end',
      width: '10rem',
      cell: (gateway) => {
        const behind = environment ? environment.revision - gateway.revision : 0
        return (
          <span className="inline-flex items-center gap-2">
            {behind > 0 && gateway.state !== 'gone' ? (
              <Badge tone="warning">{t('gateways.behind', { count: behind })}</Badge>
            ) : null}
            {gateway.revision}
          </span>
        )
      },
    },
    {
      id: 'access',
      header: t('gateways.column.access'),
      align: 'end',
      width: '6rem',
      isWideOnly: true,
      cell: (gateway) => gateway.accessRevision,
    },
    {
      id: 'hash',
      header: t('gateways.column.hash'),
      width: '8rem',
      isWideOnly: true,
      card: 'hidden',
      cell: (gateway) => <code className="text-faint">{gateway.hash?.slice(0, 8) ?? '–'}</code>,
    },
    {
      id: 'events',
      header: t('gateways.column.events'),
      align: 'end',
      width: '12rem',
      cell: (gateway) => (
        <span className="inline-flex items-center gap-2">
          {gateway.events.dropped > 0 ? (
            <Badge tone="danger">
              {format.compact(gateway.events.dropped)} {t('gateways.droppedLabel').toLowerCase()}
            </Badge>
          ) : gateway.events.spooled > 0 ? (
            <Badge tone="warning">
              {format.compact(gateway.events.spooled)} {t('gateways.spooled').toLowerCase()}
            </Badge>
          ) : null}
          {format.compact(gateway.events.sent)}
        </span>
      ),
    },
    {
      id: 'seen',
      header: t('gateways.column.seen'),
      align: 'end',
      width: '9rem',
      cell: (gateway) => (
        <span className="text-muted">
          <Time at={gateway.seenAt} />
        </span>
      ),
    },
  ]

  return (
    <Page>
      <PageHeader
        title={t('gateways.title')}
        sentence={t('gateways.sentence', { environment: environment?.title ?? env })}
        actions={
          <LinkButton to="/admin/t/$tenant/$env/revisions" params={{ tenant, env }}>
            {t('gateways.toRevisions')}
          </LinkButton>
        }
      />
      <Summary environment={environment} alive={alive} />
      {alive
        .filter((gateway) => gateway.refusal !== null && gateway.state === 'refused')
        .map((gateway) => (
          <Refusal key={gateway.id} gateway={gateway} />
        ))}
      <DataTable
        label={t('gateways.title')}
        columns={columns}
        source={rowsOfList(query)}
        rowId={(gateway) => gateway.id}
        isDimmed={(gateway) => gateway.state === 'gone'}
        empty={
          <EmptyState icon={Server} title={t('gateways.empty')} sentence={t('gateways.emptySentence')} />
        }
        footer={
          <span className={query.error ? 'text-warning' : undefined}>
            {query.error
              ? t('gateways.stale', { ago: format.ago(new Date(query.dataUpdatedAt)) })
              : t('gateways.refresh')}
          </span>
        }
      />
      {opened && environment ? (
        <GatewayDrawer gateway={opened} environment={environment} onClose={() => open(undefined)} />
      ) : null}
    </Page>
  )
}

function Summary({
  environment,
  alive,
}: {
  environment: Environment | undefined
  alive: readonly Gateway[]
}) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const live = alive.filter((gateway) => gateway.state === 'live').length
  const troubled = alive.filter((gateway) => gateway.drift || gateway.state !== 'live').length
  const dropped = alive.reduce((sum, gateway) => sum + gateway.events.dropped, 0)
  return (
    <StatRow>
      <Stat label={t('gateways.revision')} value={environment ? format.count(environment.revision) : '–'}>
        <span className="text-muted">
          {environment ? `${t('gateways.accessRevision')} ${format.count(environment.accessRevision)}` : null}
        </span>
      </Stat>
      <Stat
        label={t('gateways.live')}
        value={format.count(live)}
        unit={t('gateways.of', { count: alive.length })}
        definition={t('gateways.help')}
      />
      <Stat label={t('gateways.drifting')} value={format.count(troubled)} />
      <Stat label={t('gateways.dropped')} value={format.compact(dropped)} />
    </StatRow>
  )
}

function Refusal({ gateway }: { gateway: Gateway }) {
  const { t } = useTranslation('admin')
  if (!gateway.refusal) return null
  return (
    <div
      role="alert"
      className="flex items-start gap-2.5 rounded-lg border border-danger-line bg-danger-soft px-3 py-2.5"
    >
      <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-danger" />
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <p className="font-medium text-danger">
          <code>{gateway.id}</code>: {t('gateways.refusal', { revision: gateway.refusal.revision })}
        </p>
        <p className="break-words">{gateway.refusal.reason}</p>
        <p className="text-sm text-muted">
          <Time at={gateway.refusal.at} /> · {t('gateways.refusalHelp')}
        </p>
      </div>
    </div>
  )
}

function GatewayDrawer({
  gateway,
  environment,
  onClose,
}: {
  gateway: Gateway
  environment: Environment
  onClose(): void
}) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  return (
    <Drawer
      isOpen
      onClose={onClose}
      title={<code>{gateway.id}</code>}
      sentence={
        <StateChip tone={stateTones[gateway.state]}>{t(`gateways.state.${gateway.state}`)}</StateChip>
      }
    >
      <div className="flex flex-col gap-4">
        <Refusal gateway={gateway} />
        {gateway.drift && gateway.state !== 'gone' ? (
          <p className="rounded-lg border border-warning-line bg-warning-soft px-3 py-2.5 text-warning">
            {t('gateways.driftDetail', { revision: environment.revision })}
          </p>
        ) : null}
        <KeyValue
          facts={[
            { label: t('gateways.column.group'), value: gateway.group },
            { label: t('gateways.column.revision'), value: `${gateway.revision} / ${environment.revision}` },
            {
              label: t('gateways.accessRevision'),
              value: `${gateway.accessRevision} / ${environment.accessRevision}`,
            },
            {
              label: t('gateways.column.hash'),
              value: gateway.hash ? (
                <span className="flex items-center gap-1">
                  <code className="break-all">{gateway.hash}</code>
                  <CopyButton text={gateway.hash} />
                </span>
              ) : (
                '–'
              ),
            },
            { label: t('gateways.sent'), value: format.count(gateway.events.sent) },
            { label: t('gateways.spooled'), value: format.count(gateway.events.spooled) },
            { label: t('gateways.droppedLabel'), value: format.count(gateway.events.dropped) },
            { label: t('gateways.version'), value: gateway.version },
            { label: t('gateways.workers'), value: String(gateway.workers) },
            { label: t('gateways.column.uptime'), value: <Time at={gateway.startedAt} look="dateTime" /> },
            { label: t('gateways.column.seen'), value: <Time at={gateway.seenAt} look="instant" /> },
          ]}
        />
      </div>
    </Drawer>
  )
}
