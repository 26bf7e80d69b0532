// Where a platform admin says whom people may sign in with.

import { useQuery } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOfList } from '../../api/rows.ts'
import { PlainFrame } from '../../shells/plain-frame.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { RemoveDialog } from '../../ui/remove-dialog.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { ProviderDrawer } from './drawer.tsx'
import { type Provider, providersQuery, useRemoveProvider } from './queries.ts'

export function IdentityProvidersPage() {
  const { t } = useTranslation('platform')
  const query = useQuery(providersQuery())
  const [editing, setEditing] = useState<Provider | 'new'>()
  const [removing, setRemoving] = useState<Provider>()
  const remove = useRemoveProvider()
  const columns: Column<Provider>[] = [
    {
      id: 'title',
      header: t('providers.column.provider'),
      card: 'title',
      width: '15rem',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2">
          <Button
            variant="quiet"
            className="-ml-3 min-w-0"
            aria-label={t('providers.edit', { title: row.title })}
            onPress={() => setEditing(row)}
          >
            <span className="truncate text-ink">{row.title}</span>
          </Button>
          {row.enabled ? null : <Badge>{t('providers.off')}</Badge>}
        </span>
      ),
    },
    {
      id: 'issuer',
      header: t('providers.column.issuer'),
      cell: (row) => <code className="block truncate text-muted">{row.issuer}</code>,
    },
    {
      id: 'admission',
      header: t('providers.column.admission'),
      width: '19rem',
      isWideOnly: true,
      cell: (row) => <span className="text-muted">{t(`provider.admissions.${row.admission}`)}</span>,
    },
    {
      id: 'actions',
      header: '',
      align: 'end',
      width: '6rem',
      cell: (row) => (
        <Button size="sm" variant="danger-quiet" onPress={() => setRemoving(row)}>
          {t('providers.remove')}
        </Button>
      ),
    },
  ]
  const create = (
    <Button variant="primary" icon={Plus} onPress={() => setEditing('new')}>
      {t('providers.new')}
    </Button>
  )
  return (
    <PlainFrame>
      <Page>
        <PageHeader title={t('providers.title')} sentence={t('providers.sentence')} actions={create} />
        <DataTable
          label={t('providers.title')}
          columns={columns}
          source={rowsOfList(query)}
          rowId={(row) => row.id}
          empty={
            <EmptyState
              icon={KeyRound}
              title={t('providers.empty')}
              sentence={t('providers.emptySentence')}
              action={create}
            />
          }
        />
      </Page>
      {editing ? (
        <ProviderDrawer
          provider={editing === 'new' ? undefined : editing}
          onClose={() => setEditing(undefined)}
        />
      ) : null}
      {removing ? (
        <RemoveDialog
          input={removing}
          removal={remove}
          title={t('providers.removeTitle', { title: removing.title })}
          detail={t('providers.removeDetail')}
          action={t('providers.remove')}
          done={() => ({ title: t('providers.removed', { title: removing.title }) })}
          onClose={() => setRemoving(undefined)}
        />
      ) : null}
    </PlainFrame>
  )
}
