// Where a platform admin starts: every tenant of the platform, and a new one with the invitation of its owner next.

import type { Tenant } from '@gatewright/shared/model/user'
import { getRouteApi } from '@tanstack/react-router'
import { Building2, Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { PlainFrame } from '../../shells/plain-frame.tsx'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { useListSearch } from '../../ui/list-search.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { TenantDialog } from './tenant-dialog.tsx'

const route = getRouteApi('/tenants')

export function TenantsPage() {
  const { t } = useTranslation('admin')
  const search = route.useSearch()
  const { filters, set, clear, box } = useListSearch(search, ['create'])
  const source = usePages(orpc.tenancy.list, filters)
  const columns: Column<Tenant>[] = [
    {
      id: 'title',
      header: t('tenants.column.tenant'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2.5">
          <Avatar name={row.title} shape="square" size={22} />
          <RowLink to="/admin/t/$tenant" params={{ tenant: row.name }} className="truncate">
            {row.title}
          </RowLink>
        </span>
      ),
    },
    {
      id: 'name',
      header: t('tenants.column.name'),
      cell: (row) => <code className="text-muted">{row.name}</code>,
    },
    {
      id: 'created',
      header: t('tenants.column.created'),
      align: 'end',
      width: '9rem',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.createdAt} look="date" />
        </span>
      ),
    },
  ]
  const create = (
    <Button variant="primary" icon={Plus} onPress={() => set({ create: true })}>
      {t('tenants.new')}
    </Button>
  )
  return (
    <PlainFrame>
      <Page>
        <PageHeader title={t('tenants.title')} sentence={t('tenants.sentence')} actions={create} />
        <DataTable
          label={t('tenants.title')}
          columns={columns}
          source={source}
          rowId={(row) => row.id}
          search={box(t('tenants.search'))}
          onClearFilters={clear}
          empty={
            <EmptyState
              icon={Building2}
              title={t('tenants.empty')}
              sentence={t('tenants.emptySentence')}
              action={create}
            />
          }
        />
      </Page>
      {search.create ? <TenantDialog onClose={() => set({ create: undefined })} /> : null}
    </PlainFrame>
  )
}
