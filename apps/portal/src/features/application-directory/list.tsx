// Every application that uses this tenant's APIs; read-only here, its owner manages it in the portal.

import type { Application } from '@gatewright/shared/model/access'
import { getRouteApi } from '@tanstack/react-router'
import { Blocks } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { LinkButton } from '../../ui/link.tsx'
import { useListSearch } from '../../ui/list-search.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/applications')

export function ApplicationDirectoryPage() {
  const { tenant, env } = route.useParams()
  const { filters, clear, box } = useListSearch(route.useSearch())
  const { t } = useTranslation('admin')
  const format = useFormat()
  const source = usePages(orpc.applications.list, { tenant, ...filters })
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
        search={box(t('directory.search'))}
        onClearFilters={clear}
        empty={
          <EmptyState icon={Blocks} title={t('directory.empty')} sentence={t('directory.emptySentence')} />
        }
      />
    </Page>
  )
}
