// Every application that uses this tenant's APIs; read-only here, its owner manages it in the portal.

import type { Application } from '@gatewright/shared/model/access'
import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Blocks } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { byCursor, rowsOf } from '../../api/rows.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { LinkButton } from '../../ui/link.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/applications')

export function ApplicationDirectoryPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const format = useFormat()
  const source = rowsOf<Application>(
    useInfiniteQuery(
      orpc.applications.list.infiniteOptions({
        input: (cursor: string | undefined) => ({
          tenant,
          limit: 50,
          ...(search.search ? { search: search.search } : {}),
          ...(cursor ? { cursor } : {}),
        }),
        ...byCursor,
      }),
    ),
  )
  const set = (value: string | undefined) => void navigate({ search: { search: value }, replace: true })
  const columns: Column<Application>[] = [
    {
      id: 'title',
      header: t('directory.column.application'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2.5">
          <Avatar name={row.title} shape="square" size={22} />
          <RowLink
            to="/admin/t/$tenant/$env/applications/$application"
            params={{ tenant, env, application: row.name }}
            className="truncate"
          >
            {row.title}
          </RowLink>
        </span>
      ),
    },
    {
      id: 'owner',
      header: t('directory.column.owner'),
      cell: (row) => (
        <span className="flex min-w-0 items-baseline gap-2 max-sm:justify-end">
          <span className="truncate">{row.owner.name}</span>
          <span className="truncate text-sm text-faint max-lg:hidden">{row.owner.email}</span>
        </span>
      ),
    },
    {
      id: 'keys',
      header: t('directory.column.keys'),
      align: 'end',
      width: '6rem',
      cell: (row) => format.count(row.credentialCount),
    },
    {
      id: 'subscriptions',
      header: t('directory.column.subscriptions'),
      align: 'end',
      width: '9rem',
      cell: (row) => format.count(row.subscriptionCount),
    },
    {
      id: 'created',
      header: t('directory.column.created'),
      align: 'end',
      width: '9rem',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.createdAt} look="date" />
        </span>
      ),
    },
  ]
  return (
    <Page>
      <PageHeader
        title={t('directory.title')}
        sentence={t('directory.sentence')}
        actions={
          <LinkButton to="/admin/t/$tenant/$env/subscriptions" params={{ tenant, env }}>
            {t('subscriptions.title')}
          </LinkButton>
        }
      />
      <DataTable
        label={t('directory.title')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        search={{
          value: search.search ?? '',
          placeholder: t('directory.search'),
          onChange: (value) => set(value || undefined),
        }}
        onClearFilters={search.search ? () => set(undefined) : undefined}
        empty={
          <EmptyState icon={Blocks} title={t('directory.empty')} sentence={t('directory.emptySentence')} />
        }
      />
    </Page>
  )
}
