// The routes of a version: thousands scroll smoothly, a search asks the server, a drawer edits one, a tester tells which wins.

import type { Route } from '@gatewright/shared/model/api'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ArrowRight, FlaskConical, LockOpen, Plus, Route as RouteIcon } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOf } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { readException } from '../../pipeline/proposed-exception.ts'
import { Badge, MethodBadge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/class-names.ts'
import { DelayedSearch } from '../../ui/delayed-search.tsx'
import { Card } from '../../ui/page.tsx'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states.tsx'
import { VirtualList } from '../../ui/virtual-list.tsx'
import { conditionMarks } from './conditions.ts'
import { useApiPlace } from './place.ts'
import { routesQuery, versionQuery } from './queries.ts'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api/routes')

const RouteDrawer = lazy(async () => ({ default: (await import('./route-drawer.tsx')).RouteDrawer }))
const AddRouteDialog = lazy(async () => ({
  default: (await import('./add-route-dialog.tsx')).AddRouteDialog,
}))
const MatchTester = lazy(async () => ({ default: (await import('./match-tester.tsx')).MatchTester }))

export function RoutesTab() {
  const { tenant, env, place } = useApiPlace()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const version = useQuery(versionQuery(place)).data
  const source = rowsOf<Route>(useInfiniteQuery(routesQuery(place, search.search)))
  const [isAdding, setAdding] = useState(false)
  const [isTesting, setTesting] = useState(search.test !== undefined)
  // A new route may be on a page that is not loaded yet.
  const [added, setAdded] = useState<Route>()
  const opened = [...(source.rows ?? []), ...(added ? [added] : [])].find(({ id }) => id === search.route)
  const set = (next: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true })
  const total = source.total ?? version?.routeCount

  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <DelayedSearch
          value={search.search ?? ''}
          placeholder={t('routes.search')}
          onChange={(value) => set({ search: value || undefined })}
        />
        <span className="ml-auto flex items-center gap-2">
          {may('explain:use') ? (
            <Button icon={FlaskConical} aria-expanded={isTesting} onPress={() => setTesting(!isTesting)}>
              {t('routes.tester')}
            </Button>
          ) : null}
          {may('api:write') && version?.lifecycle !== 'retired' ? (
            <Button icon={Plus} onPress={() => setAdding(true)}>
              {t('routes.add')}
            </Button>
          ) : null}
        </span>
      </div>
      <Suspense>
        {isTesting && version ? (
          <MatchTester
            tenant={tenant}
            env={env}
            basePath={version.basePath}
            path={search.test}
            onPath={(test) => set({ test })}
          />
        ) : null}
      </Suspense>
      <Card pad={false}>
        {source.rows === undefined ? (
          source.error ? (
            <ErrorState error={source.error} onRetry={source.refetch} />
          ) : (
            <div className="flex flex-col gap-3 p-4">
              <Skeleton className="h-4 w-1/3" />
              <Skeleton className="h-4 w-1/2" />
              <Skeleton className="h-4 w-2/5" />
            </div>
          )
        ) : source.rows.length === 0 ? (
          search.search ? (
            <p className="px-4 py-10 text-center text-muted">{t('routes.nothing')}</p>
          ) : (
            <EmptyState icon={RouteIcon} title={t('routes.empty')} sentence={t('routes.emptySentence')} />
          )
        ) : (
          <VirtualList
            label={t('routes.count', { count: source.rows.length })}
            rows={source.rows}
            rowId={(row) => row.id}
            maxHeight="max(24rem, calc(100dvh - 20rem))"
            {...(source.hasMore && !source.isLoadingMore ? { onEnd: source.loadMore } : {})}
          >
            {(row) => (
              <RouteRow route={row} onOpen={() => set({ route: row.id })} isOpen={row.id === search.route} />
            )}
          </VirtualList>
        )}
      </Card>
      {source.rows && source.rows.length > 0 ? (
        <p className="tabular text-sm text-muted" aria-live="polite">
          {total !== undefined && total > source.rows.length
            ? t('routes.countOf', { count: source.rows.length, total })
            : t('routes.count', { count: source.rows.length })}
        </p>
      ) : null}
      <Suspense>
        {opened ? (
          <RouteDrawer
            route={opened}
            place={place}
            proposed={readException(search)}
            onClose={() => set({ route: undefined, step: undefined, rule: undefined, target: undefined })}
          />
        ) : null}
        {isAdding ? (
          <AddRouteDialog
            place={place}
            onClose={() => setAdding(false)}
            onAdded={(created) => {
              setAdding(false)
              setAdded(created)
              set({ route: created.id })
            }}
          />
        ) : null}
      </Suspense>
    </div>
  )
}

function RouteRow({ route: row, onOpen, isOpen }: { route: Route; onOpen(): void; isOpen: boolean }) {
  const { t } = useTranslation('admin')
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-expanded={isOpen}
      className={cx(
        'grid min-h-10 w-full grid-cols-[3.5rem_minmax(0,1fr)] items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5 text-left -outline-offset-2! hover:bg-hover sm:grid-cols-[3.5rem_minmax(0,5fr)_minmax(0,3.5fr)_minmax(0,2.5fr)]',
        !row.enabled && 'opacity-60',
      )}
    >
      <MethodBadge method={row.method} />
      <span className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        <code className={cx('min-w-0 break-all', row.deprecated && 'line-through decoration-faint')}>
          {row.path}
        </code>
        {conditionMarks(row.when).map((mark) => (
          <Badge key={mark} tone="info" className="max-w-full shrink! font-mono!">
            <span className="truncate">{mark}</span>
          </Badge>
        ))}
      </span>
      <span className="min-w-0 truncate text-sm text-muted max-sm:col-start-2">{row.summary}</span>
      <span className="flex min-w-0 flex-wrap items-center gap-1.5 max-sm:col-start-2 sm:justify-end">
        {row.upstream ? (
          <Badge tone="accent">
            <ArrowRight size={11} aria-label={t('routes.goesTo')} />
            {row.upstream}
          </Badge>
        ) : null}
        {row.public ? (
          <Badge tone="warning">
            <LockOpen size={11} aria-hidden />
            {t('routes.public')}
          </Badge>
        ) : null}
        {row.enabled ? null : <Badge>{t('routes.off')}</Badge>}
        {row.deprecated ? <Badge tone="warning">{t('routes.deprecated')}</Badge> : null}
        {row.mocks.length > 0 ? (
          <span className="tabular text-xs text-faint max-md:hidden">
            {t('routes.mocks', { count: row.mocks.length })}
          </span>
        ) : null}
      </span>
    </button>
  )
}
