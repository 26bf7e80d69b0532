// My applications: each is a program that calls APIs, with its own keys and subscriptions.

import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Blocks, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOf } from '../../api/rows.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { ApplicationDialog } from './form.tsx'
import { type Application, applicationsQuery, useCreateApplication } from './queries.ts'

const route = getRouteApi('/p/$tenant/applications')

export function ApplicationsPage() {
  const { t } = useTranslation('developer')
  const { tenant } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useInfiniteQuery(applicationsQuery(tenant, search.search))
  const create = useCreateApplication(tenant)
  const [isCreating, setCreating] = useState(false)
  const columns: ReadonlyArray<Column<Application>> = [
    {
      id: 'title',
      header: t('applications.application'),
      card: 'title',
      cell: (row) => (
        <span className="flex items-center gap-2.5">
          <Avatar name={row.title} shape="square" size={24} />
          <RowLink to="/p/$tenant/applications/$application" params={{ tenant, application: row.name }}>
            {row.title}
          </RowLink>
        </span>
      ),
    },
    {
      id: 'keys',
      header: t('applications.keys'),
      align: 'end',
      width: '8rem',
      cell: (row) => row.credentialCount,
    },
    {
      id: 'subscriptions',
      header: t('applications.subscriptions'),
      align: 'end',
      width: '10rem',
      cell: (row) => row.subscriptionCount,
    },
    {
      id: 'created',
      header: t('applications.created'),
      align: 'end',
      width: '12rem',
      cell: (row) => <Time at={row.createdAt} look="date" />,
    },
  ]
  const newButton = (
    <Button variant="primary" icon={Plus} onPress={() => setCreating(true)}>
      {t('applications.new')}
    </Button>
  )
  return (
    <Page>
      <PageHeader title={t('applications.title')} sentence={t('applications.sentence')} actions={newButton} />
      <DataTable
        label={t('applications.title')}
        columns={columns}
        source={rowsOf(query)}
        rowId={(row) => row.id}
        search={{
          value: search.search ?? '',
          onChange: (value) => void navigate({ search: { search: value || undefined }, replace: true }),
          placeholder: t('applications.search'),
        }}
        onClearFilters={search.search ? () => void navigate({ search: {} }) : undefined}
        empty={
          <EmptyState
            icon={Blocks}
            title={t('applications.empty')}
            sentence={t('applications.emptyDetail')}
            action={newButton}
          />
        }
      />
      <ApplicationDialog
        isOpen={isCreating}
        onClose={() => {
          create.reset()
          setCreating(false)
        }}
        title={t('applications.new')}
        action={t('applications.create')}
        isPending={create.isPending}
        problem={create.error}
        onSave={(input) =>
          create.mutate(input, {
            onSuccess: (made) =>
              void navigate({
                to: '/p/$tenant/applications/$application',
                params: { tenant, application: made.name },
              }),
          })
        }
      />
    </Page>
  )
}
