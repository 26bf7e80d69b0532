// The request log: search, filters and facets in the URL; a row opens the request's story beside the list.

import type { LoggedRequest } from '@gatewright/shared/contract/analytics'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { PanelLeft, ScrollText } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { byReason } from '../../api/reasons.ts'
import { byCursor, rowsOf } from '../../api/rows.ts'
import { Badge, MethodBadge, StatusCode } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/class-names.ts'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { DelayedSearch } from '../../ui/delayed-search.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { FilterChip } from '../../ui/filter-chip.tsx'
import { useFormat } from '../../ui/format.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { useErrors, useStatus, useTopApis, useTopApplications } from './queries.ts'
import { RequestStory } from './request-story.tsx'
import { type Scope, useScope } from './scope.ts'
import { Toolbar } from './toolbar.tsx'

const route = getRouteApi('/insights/t/$tenant/$env/requests')

export function RequestLogPage() {
  const { t } = useTranslation('insights')
  const format = useFormat()
  const scope = useScope()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { tenant, env } = scope
  const [hasFacets, setFacets] = useState(true)
  const source = rowsOf<LoggedRequest>(
    useInfiniteQuery(
      orpc.analytics.requests.infiniteOptions({
        input: (cursor: string | undefined) => ({
          ...scope.slice,
          limit: 50,
          ...(search.search ? { search: search.search } : {}),
          ...(search.status ? { status: search.status } : {}),
          ...(search.reason ? { reason: search.reason } : {}),
          ...(cursor ? { cursor } : {}),
        }),
        ...byCursor,
      }),
    ),
  )
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true })
  const columns: Column<LoggedRequest>[] = [
    {
      id: 'at',
      header: t('requests.column.at'),
      width: '11rem',
      card: 'line',
      cell: (row) => (
        <span className="tabular text-muted">
          <Time at={row.at} look="instant" />
        </span>
      ),
    },
    {
      id: 'status',
      header: t('requests.column.status'),
      width: '5.5rem',
      card: 'aside',
      cell: (row) => <StatusCode status={row.status} />,
    },
    {
      id: 'path',
      header: t('requests.column.path'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 items-baseline gap-1">
          <MethodBadge method={row.method} />
          <RowLink
            to="/insights/t/$tenant/$env/requests"
            params={{ tenant, env }}
            search={{ ...search, open: row.id }}
            replace
            title={row.path}
            className="line-clamp-1 font-mono text-sm font-normal break-all"
          >
            {row.path}
          </RowLink>
          {row.reason ? <Badge className="ml-1 max-md:hidden">{row.reason}</Badge> : null}
        </span>
      ),
    },
    {
      id: 'application',
      header: t('requests.column.application'),
      width: '8rem',
      isWideOnly: true,
      cell: (row) => <span className="block truncate text-muted">{row.application?.title ?? '–'}</span>,
    },
    {
      id: 'time',
      header: t('requests.column.time'),
      width: '6rem',
      align: 'end',
      cell: (row) => format.duration(row.gatewayMs + row.upstreamMs),
    },
  ]
  const isFiltered = scope.isFiltered || Boolean(search.search || search.status || search.reason)
  return (
    <Page>
      <PageHeader title={t('requests.title')} sentence={t('requests.sentence')} />
      <Toolbar
        extraChips={
          <>
            {search.status ? (
              <FilterChip
                name={t('filter.status')}
                value={search.status}
                onRemove={() => set({ status: undefined })}
              />
            ) : null}
            {search.reason ? (
              <FilterChip
                name={t('filter.reason')}
                value={search.reason}
                onRemove={() => set({ reason: undefined })}
              />
            ) : null}
          </>
        }
      />
      <div className={cx('grid items-start gap-6', hasFacets && 'lg:grid-cols-[11.5rem_minmax(0,1fr)]')}>
        {hasFacets ? <Facets scope={scope} chosen={search} onChoose={set} /> : null}
        <div className="flex min-w-0 flex-col gap-3">
          <div className="flex items-center gap-2">
            <DelayedSearch
              value={search.search ?? ''}
              placeholder={t('requests.search')}
              onChange={(value) => set({ search: value || undefined })}
              className="min-w-0 flex-1"
            />
            <Button
              icon={PanelLeft}
              aria-pressed={hasFacets}
              onPress={() => setFacets(!hasFacets)}
              className="max-lg:hidden"
            >
              {hasFacets ? t('requests.hide') : t('requests.show')}
            </Button>
          </div>
          <DataTable
            label={t('requests.title')}
            columns={columns}
            source={source}
            rowId={(row) => row.id}
            onClearFilters={
              isFiltered
                ? () =>
                    void navigate({
                      search: (old) => ({ from: old.from, to: old.to }),
                      replace: true,
                    })
                : undefined
            }
            empty={
              <EmptyState
                icon={ScrollText}
                title={t('requests.empty')}
                sentence={t('requests.emptySentence')}
              />
            }
          />
        </div>
      </div>
      {search.open ? (
        <StoryDrawer scope={scope} id={search.open} onClose={() => set({ open: undefined })} />
      ) : null}
    </Page>
  )
}

function StoryDrawer({ scope, id, onClose }: { scope: Scope; id: string; onClose(): void }) {
  const { t } = useTranslation('insights')
  const query = useQuery(
    orpc.analytics.request.queryOptions({
      input: { tenant: scope.tenant, environment: scope.env, request: id },
      staleTime: Number.POSITIVE_INFINITY,
    }),
  )
  return (
    <Drawer isOpen onClose={onClose} title={t('request.drawer')}>
      {query.data ? (
        <RequestStory request={query.data} tenant={scope.tenant} env={scope.env} withLink />
      ) : query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Skeleton className="h-80 w-full" />
      )}
    </Drawer>
  )
}

interface FacetsProps {
  scope: Scope
  chosen: { status?: number | undefined; reason?: string | undefined }
  onChoose(next: { status?: number | undefined; reason?: string | undefined }): void
}

function Facets({ scope, chosen, onChoose }: FacetsProps) {
  const { t } = useTranslation('insights')
  const statuses = useStatus(scope).data?.data ?? []
  const reasons = byReason(useErrors(scope).data?.data ?? []).filter((group) => group.reason !== null)
  const apis = useTopApis(scope).data?.data ?? []
  const applications = useTopApplications(scope).data?.data ?? []
  return (
    <aside aria-label={t('requests.facets')} className="flex flex-col gap-5 max-lg:hidden">
      <Facet
        title={t('requests.facet.status')}
        rows={statuses.map((row) => ({
          id: String(row.status),
          label: <StatusCode status={row.status} />,
          count: row.requests,
          isChosen: chosen.status === row.status,
          onChoose: () => onChoose({ status: chosen.status === row.status ? undefined : row.status }),
        }))}
      />
      <Facet
        title={t('requests.facet.reason')}
        rows={reasons.map((row) => ({
          id: row.reason ?? '',
          label: row.reason,
          count: row.requests,
          isChosen: chosen.reason === row.reason,
          onChoose: () =>
            onChoose({ reason: chosen.reason === row.reason ? undefined : (row.reason ?? undefined) }),
        }))}
      />
      <Facet
        title={t('requests.facet.api')}
        rows={apis.flatMap(({ subject, requests }) =>
          subject.id
            ? [
                {
                  id: subject.id,
                  label: subject.title,
                  count: requests,
                  isChosen: scope.filters.api === subject.id,
                  onChoose: () =>
                    scope.set({
                      api: scope.filters.api === subject.id ? undefined : (subject.id ?? undefined),
                    }),
                },
              ]
            : [],
        )}
      />
      <Facet
        title={t('requests.facet.application')}
        rows={applications.flatMap(({ subject, requests }) =>
          subject.id
            ? [
                {
                  id: subject.id,
                  label: subject.title,
                  count: requests,
                  isChosen: scope.filters.application === subject.id,
                  onChoose: () =>
                    scope.set({
                      application:
                        scope.filters.application === subject.id ? undefined : (subject.id ?? undefined),
                    }),
                },
              ]
            : [],
        )}
      />
    </aside>
  )
}

interface FacetRow {
  id: string
  label: React.ReactNode
  count: number
  isChosen: boolean
  onChoose(): void
}

function Facet({ title, rows }: { title: string; rows: readonly FacetRow[] }) {
  const format = useFormat()
  if (rows.length === 0) return null
  return (
    <section className="flex flex-col gap-1">
      <h2 className="px-2 text-xs font-medium text-faint">{title}</h2>
      <ul className="flex flex-col">
        {rows.slice(0, 8).map((row) => (
          <li key={row.id}>
            <button
              type="button"
              aria-pressed={row.isChosen}
              onClick={row.onChoose}
              className={cx(
                'flex h-7 w-full items-center gap-2 rounded-md px-2 text-left text-sm',
                row.isChosen ? 'bg-accent-soft font-medium text-accent-text' : 'hover:bg-hover',
              )}
            >
              <span className="min-w-0 flex-1 truncate">{row.label}</span>
              <span className="tabular text-xs text-faint">{format.compact(row.count)}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
