// One application as its API's owner sees it: who owns it, what it may use, which keys it has, how it behaves.

import type { Application } from '@gatewright/shared/model/access'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Activity, Pencil } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { rowsOfList, usePages } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import {
  useClientCertificateColumns,
  useOauthClientColumns,
  useSigningKeyColumns,
} from '../../credentials/columns.tsx'
import { Badge, StateChip } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { KeyValue } from '../../ui/key-value.tsx'
import { Link, LinkButton } from '../../ui/link.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { Stat, StatRow } from '../../ui/stat.tsx'
import { EmptyState, Loaded } from '../../ui/states.tsx'
import { SubscriptionChip } from '../../ui/subscription-chip.tsx'
import { Time } from '../../ui/time.tsx'
import { GroupsDialog } from './groups-dialog.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/applications/$application')

type Subscription = Awaited<ReturnType<typeof client.subscriptions.get>>
type Credential = Awaited<ReturnType<typeof client.credentials.list>>['data'][number]

const keyTones = { active: 'success', revoked: 'danger', expired: 'neutral' } as const

export function ApplicationRecordPage() {
  const { tenant, env, application } = route.useParams()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const found = useQuery(orpc.applications.get.queryOptions({ input: { tenant, application } }))
  return (
    <Loaded query={found}>
      {(loaded) => (
        <Page>
          <PageHeader
            crumbs={[
              <Link key="list" to="/admin/t/$tenant/$env/applications" params={{ tenant, env }}>
                {t('directory.title')}
              </Link>,
            ]}
            title={loaded.title}
            sentence={loaded.description || <code>{loaded.name}</code>}
            actions={
              may('analytics:read') ? (
                <LinkButton
                  icon={Activity}
                  to="/insights/t/$tenant/$env"
                  params={{ tenant, env }}
                  search={{ application: loaded.id }}
                >
                  {t('directory.traffic')}
                </LinkButton>
              ) : null
            }
          />
          {may('analytics:read') ? <Behaviour tenant={tenant} env={env} application={loaded.id} /> : null}
          <Card className="py-1!">
            <KeyValue
              facts={[
                { label: t('directory.owner'), value: `${loaded.owner.name} · ${loaded.owner.email}` },
                { label: t('directory.name'), value: <code>{loaded.name}</code> },
                { label: t('directory.groups'), value: <Groups tenant={tenant} application={loaded} /> },
                { label: t('directory.created'), value: <Time at={loaded.createdAt} look="dateTime" /> },
              ]}
            />
          </Card>
          {may('subscription:read') ? (
            <Subscriptions tenant={tenant} env={env} application={loaded.id} />
          ) : null}
          <Keys tenant={tenant} application={loaded.id} />
          <OtherCredentials tenant={tenant} application={loaded.id} />
        </Page>
      )}
    </Loaded>
  )
}

function Groups({ tenant, application }: { tenant: string; application: Application }) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const [isEditing, setEditing] = useState(false)
  return (
    <span className="flex flex-wrap items-center gap-2">
      {application.groups.length === 0 ? <span className="text-muted">{t('directory.noGroups')}</span> : null}
      {application.groups.map((group) => (
        <Badge key={group}>{group}</Badge>
      ))}
      {may('subscription:decide') ? (
        <Button size="sm" icon={Pencil} onPress={() => setEditing(true)}>
          {t('directory.editGroups')}
        </Button>
      ) : null}
      {isEditing ? (
        <GroupsDialog tenant={tenant} application={application} onClose={() => setEditing(false)} />
      ) : null}
    </span>
  )
}

function Behaviour({ tenant, env, application }: { tenant: string; env: string; application: string }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const input = { tenant, environment: env, application, from: 'now-7d', to: 'now' }
  const current = useQuery(orpc.analytics.overview.queryOptions({ input })).data?.current
  const points = useQuery(orpc.analytics.traffic.queryOptions({ input })).data?.points
  return (
    <StatRow>
      <Stat
        label={t('directory.requests')}
        value={current ? format.compact(current.requests) : '–'}
        course={points?.map((point) => point.requests) ?? []}
      />
      <Stat
        label={t('directory.errors')}
        value={current && current.requests > 0 ? format.percent(current.errors / current.requests) : '–'}
        course={points?.map((point) => point.s4xx + point.s5xx) ?? []}
        color="var(--http-4xx)"
      />
      <Stat
        label={t('directory.p95')}
        value={current?.total.p95Ms == null ? '–' : format.duration(current.total.p95Ms)}
      />
    </StatRow>
  )
}

function Subscriptions({ tenant, env, application }: { tenant: string; env: string; application: string }) {
  const { t } = useTranslation('admin')
  const source = usePages(orpc.subscriptions.list, { tenant, application })
  const columns: Column<Subscription>[] = [
    {
      id: 'product',
      header: t('products.column.product'),
      card: 'title',
      cell: (row) => (
        <RowLink to="/admin/t/$tenant/$env/subscriptions" params={{ tenant, env }} search={{ open: row.id }}>
          {row.product.title}
        </RowLink>
      ),
    },
    { id: 'plan', header: t('subscriptions.plan'), cell: (row) => <Badge>{row.plan.title}</Badge> },
    {
      id: 'terms',
      header: t('approvals.terms'),
      cell: (row) => <span className="text-muted">{row.plan.terms.join(' · ')}</span>,
    },
    {
      id: 'state',
      header: t('subscriptions.state'),
      width: '9rem',
      card: 'aside',
      cell: (row) => <SubscriptionChip state={row.state} />,
    },
  ]
  return (
    <Section title={t('directory.subscriptions')}>
      <DataTable
        label={t('directory.subscriptions')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        isDimmed={(row) => row.state === 'cancelled' || row.state === 'rejected'}
        empty={<EmptyState title={t('directory.noSubscriptions')} sentence="" className="py-8!" />}
      />
    </Section>
  )
}

function Keys({ tenant, application }: { tenant: string; application: string }) {
  const { t } = useTranslation('admin')
  const source = rowsOfList<Credential>(
    useQuery(orpc.credentials.list.queryOptions({ input: { tenant, application } })),
  )
  const columns: Column<Credential>[] = [
    {
      id: 'name',
      header: t('directory.key.name'),
      card: 'title',
      cell: (row) => <span className="font-medium">{row.name}</span>,
    },
    {
      id: 'hint',
      header: t('directory.key.hint'),
      cell: (row) => <code className="text-muted">{`${row.prefix}…${row.last4}`}</code>,
    },
    {
      id: 'environment',
      header: t('directory.key.environment'),
      width: '8rem',
      cell: (row) => <Badge>{row.environment}</Badge>,
    },
    {
      id: 'state',
      header: t('directory.key.state'),
      width: '8rem',
      card: 'aside',
      cell: (row) => <StateChip tone={keyTones[row.state]}>{t(`directory.keyState.${row.state}`)}</StateChip>,
    },
    {
      id: 'used',
      header: t('directory.key.used'),
      width: '9rem',
      align: 'end',
      cell: (row) => (
        <span className="text-muted">
          {row.lastUsedAt ? <Time at={row.lastUsedAt} /> : t('directory.never')}
        </span>
      ),
    },
    {
      id: 'expires',
      header: t('directory.key.expires'),
      width: '9rem',
      align: 'end',
      cell: (row) => (
        <span className="text-muted">
          {row.expiresAt ? <Time at={row.expiresAt} look="date" /> : t('directory.never')}
        </span>
      ),
    },
  ]
  return (
    <Section title={t('directory.keys')} sentence={t('directory.keysSentence')}>
      <DataTable
        label={t('directory.keys')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        isDimmed={(row) => row.state !== 'active'}
        empty={<EmptyState title={t('directory.noKeys')} sentence="" className="py-8!" />}
      />
    </Section>
  )
}

/** What it proves itself with besides keys; most applications have none of it, and then one line says so. */
function OtherCredentials({ tenant, application }: { tenant: string; application: string }) {
  const input = { tenant, application }
  const oauthClients = useQuery(orpc.oauthClients.list.queryOptions({ input }))
  const certificates = useQuery(orpc.clientCertificates.list.queryOptions({ input }))
  const signingKeys = useQuery(orpc.signingKeys.list.queryOptions({ input }))
  return (
    <>
      <CredentialList kind="oauthClients" query={oauthClients} columns={useOauthClientColumns()} />
      <CredentialList
        kind="clientCertificates"
        query={certificates}
        columns={useClientCertificateColumns()}
      />
      <CredentialList kind="signingKeys" query={signingKeys} columns={useSigningKeyColumns()} />
    </>
  )
}

function CredentialList<T extends { readonly id: string; readonly state: 'active' | 'expired' }>({
  kind,
  query,
  columns,
}: {
  kind: 'oauthClients' | 'clientCertificates' | 'signingKeys'
  query: Parameters<typeof rowsOfList<T>>[0]
  columns: readonly Column<T>[]
}) {
  const { t } = useTranslation('credentials')
  return (
    <Section title={t(`${kind}.title`)}>
      <DataTable
        label={t(`${kind}.title`)}
        columns={columns}
        source={rowsOfList(query)}
        rowId={(row) => row.id}
        isDimmed={(row) => row.state !== 'active'}
        empty={<EmptyState title={t(`${kind}.none`)} sentence="" className="py-8!" />}
      />
    </Section>
  )
}
