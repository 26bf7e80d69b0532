// All APIs of the tenant: search, state, owner and sort live in the URL; pages come from the server.

import type { ApiSummary } from '@gatewright/shared/model/api'
import { getRouteApi } from '@tanstack/react-router'
import { Import, Waypoints } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { LifecycleChip } from '../../ui/lifecycle-chip.tsx'
import { LinkButton } from '../../ui/link.tsx'
import { useListSearch } from '../../ui/list-search.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { mainVersion } from './versions.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis')

export function ApisPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const { t } = useTranslation('admin')
  const format = useFormat()
  const may = useMay(tenant)
  const { filters, set, clear, box } = useListSearch(search, ['sort'])
  const source = usePages(orpc.apis.list, { tenant, ...filters, sort: search.sort ?? 'name' })

  const columns: Column<ApiSummary>[] = [
    {
      id: 'name',
      header: t('apis.column.api'),
      card: 'title',
      isSortable: true,
      cell: (api) => (
        <span className="flex min-w-0 items-baseline gap-2">
          <RowLink
            to="/admin/t/$tenant/$env/apis/$api"
            params={{ tenant, env, api: api.name }}
            className="truncate"
          >
            {api.title}
          </RowLink>
          {api.title.toLowerCase() === api.name ? null : (
            <span className="truncate font-mono text-xs text-faint">{api.name}</span>
          )}
        </span>
      ),
    },
    {
      id: 'state',
      header: t('apis.column.state'),
      card: 'aside',
      width: '16rem',
      cell: (api) => {
        const version = mainVersion(api)
        if (!version) return <span className="text-faint">{t('apis.noVersion')}</span>
        return (
          <span className="flex items-center gap-2">
            <LifecycleChip lifecycle={version.lifecycle} />
            {version.unpublishedChanges > 0 && version.lifecycle !== 'draft' ? (
              <Badge tone="info">{t('unpublished', { count: version.unpublishedChanges })}</Badge>
            ) : null}
          </span>
        )
      },
    },
    {
      id: 'path',
      header: t('apis.column.path'),
      cell: (api) => <code className="text-muted">{mainVersion(api)?.basePath ?? '–'}</code>,
    },
    {
      id: 'live',
      header: t('apis.column.live'),
      width: '11rem',
      cell: (api) => {
        const names = [
          ...new Set(api.versions.flatMap((version) => version.deployments.map((d) => d.environment))),
        ]
        if (names.length === 0) return <span className="text-faint">{t('apis.nowhere')}</span>
        return (
          <span className="flex flex-wrap gap-1 max-sm:justify-end">
            {names.map((name) => (
              <Badge key={name} tone={name === env ? 'accent' : 'neutral'}>
                {name}
              </Badge>
            ))}
          </span>
        )
      },
    },
    {
      id: 'routes',
      header: t('apis.column.routes'),
      align: 'end',
      width: '6rem',
      cell: (api) => format.count(mainVersion(api)?.routeCount ?? 0),
    },
    {
      id: 'owner',
      header: t('apis.column.owner'),
      width: '10rem',
      isWideOnly: true,
      card: 'hidden',
      cell: (api) => <span className="truncate text-muted">{api.owner.name}</span>,
    },
    {
      id: 'updatedAt',
      header: t('apis.column.updated'),
      align: 'end',
      width: '9rem',
      isSortable: true,
      cell: (api) => (
        <span className="text-muted">
          <Time at={api.updatedAt} />
        </span>
      ),
    },
  ]

  const importButton = (
    <LinkButton variant="primary" icon={Import} to="/admin/t/$tenant/$env/import" params={{ tenant, env }}>
      {t('apis.new')}
    </LinkButton>
  )

  return (
    <Page>
      <PageHeader
        title={t('apis.title')}
        sentence={t('apis.sentence')}
        actions={may('api:write') ? importButton : null}
      />
      <DataTable
        label={t('apis.title')}
        columns={columns}
        source={source}
        rowId={(api) => api.id}
        search={box(t('apis.search'))}
        sort={{
          value:
            search.sort === '-updatedAt'
              ? { id: 'updatedAt', direction: 'desc' }
              : { id: 'name', direction: 'asc' },
          onChange: (sort) => set({ sort: sort.id === 'updatedAt' ? '-updatedAt' : undefined }),
        }}
        filters={
          <>
            <Select
              label={t('apis.state')}
              labelHidden
              className="w-40"
              value={search.state ?? 'any'}
              onChange={(value) => set({ state: value === 'any' ? undefined : value })}
              options={[
                { value: 'any', label: t('apis.anyState') },
                { value: 'draft', label: t('lifecycle.draft') },
                { value: 'published', label: t('lifecycle.published') },
                { value: 'deprecated', label: t('lifecycle.deprecated') },
                { value: 'retired', label: t('lifecycle.retired') },
              ]}
            />
            <Select
              label={t('apis.owner')}
              labelHidden
              className="w-32"
              value={search.owner ?? 'anyone'}
              onChange={(value) => set({ owner: value === 'me' ? 'me' : undefined })}
              options={[
                { value: 'anyone', label: t('apis.anyone') },
                { value: 'me', label: t('apis.mine') },
              ]}
            />
          </>
        }
        onClearFilters={clear}
        empty={
          <EmptyState
            icon={Waypoints}
            title={t('apis.emptyTitle')}
            sentence={t('apis.emptySentence')}
            action={may('api:write') ? importButton : null}
          />
        }
      />
    </Page>
  )
}
