// Docs of a version: operations at the side, swagger-ui in the middle, try-it with the reader's own access.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { chooseStage } from '../../api/environments.ts'
import { useMe } from '../../api/session.ts'
import { ErrorPage } from '../../shells/error-pages.tsx'
import { MethodBadge } from '../../ui/badge.tsx'
import { cx } from '../../ui/class-names.ts'
import { Link, LinkButton, PlainLink } from '../../ui/link.tsx'
import { Select } from '../../ui/select.tsx'
import { PageLoading, Skeleton } from '../../ui/states.tsx'
import { SearchField } from '../../ui/text-field.tsx'
import { type DocsPlace, placeOf } from './docs-place.ts'
import { type CatalogueApi, type CatalogueVersion, currentVersion, referenceOf } from './plans.ts'
import { apiQuery, myApplicationsQuery, operationsQuery, subscriptionsQuery } from './queries.ts'

const SwaggerDocs = lazy(() => import('./swagger-docs.tsx'))

const route = getRouteApi('/p/$tenant/apis/$api/docs')

export function DocsPage() {
  const { tenant, api: name } = route.useParams()
  const search = route.useSearch()
  const query = useQuery(apiQuery(tenant, name))
  if (query.error && !query.data) return <ErrorPage error={query.error} reset={() => void query.refetch()} />
  if (!query.data) return <PageLoading onRetry={() => void query.refetch()} />
  const version = currentVersion(query.data, search.version)
  return version ? <Docs key={version.id} tenant={tenant} api={query.data} version={version} /> : null
}

function Docs({ tenant, api, version }: { tenant: string; api: CatalogueApi; version: CatalogueVersion }) {
  const { t } = useTranslation('developer')
  const me = useMe()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const environment = chooseStage(version.environments, search.environment)
  const document_ = useQuery({
    ...orpc.catalogue.document.queryOptions({
      input: { tenant, api: referenceOf(api), apiVersion: version.name, environment: environment?.name },
      staleTime: 300_000,
    }),
  })
  const applications = useQuery({ ...myApplicationsQuery(tenant), enabled: me !== null })
  const own = applications.data?.data ?? []
  const access = useQuery({ ...subscriptionsQuery(tenant, referenceOf(api)), enabled: own.length > 0 })
  const active = access.data?.data.filter(({ state }) => state === 'active') ?? []
  const holders = new Set(active.map((subscription) => subscription.application.id))
  // Of several applications one that may call this API is the reader's likeliest choice.
  const application =
    own.find(({ name }) => name === search.application) ?? own.find(({ id }) => holders.has(id)) ?? own[0]
  const needsAccess =
    !version.public && access.data !== undefined && application !== undefined && !holders.has(application.id)
  const isStranger = !me || (applications.data !== undefined && own.length === 0)
  const [go, setGo] = useState<DocsPlace>()
  useEffect(() => {
    document.title = t('docs.title', { api: api.title, version: version.name })
  }, [t, api.title, version.name])
  // swagger-ui writes into the document it is given.
  const spec = useMemo(() => (document_.data ? structuredClone(document_.data) : undefined), [document_.data])

  return (
    <div className="mx-auto flex max-w-[1200px] gap-8 px-4 py-6 sm:px-8">
      <aside className="sticky top-14 flex h-[calc(100dvh-3.5rem)] w-64 shrink-0 flex-col gap-3 py-2 max-lg:hidden">
        <Operations tenant={tenant} api={api} version={version} onChoose={setGo} />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col gap-5">
        <header className="flex flex-col gap-3">
          <nav aria-label={t('nav.breadcrumb')} className="flex items-center gap-1.5 text-sm text-muted">
            <PlainLink to="/p/$tenant" params={{ tenant }} className="hover:text-ink">
              {t('nav.apis')}
            </PlainLink>
            <span aria-hidden>/</span>
            <PlainLink
              to="/p/$tenant/apis/$api"
              params={{ tenant, api: referenceOf(api) }}
              search={{ version: version.name }}
              className="hover:text-ink"
            >
              {api.title}
            </PlainLink>
          </nav>
          <div className="flex flex-wrap items-center justify-between gap-3">
            <h1 className="text-xl font-semibold tracking-[-0.014em]">
              {t('docs.heading', { api: api.title, version: version.name })}
            </h1>
            <div className="flex flex-wrap items-end gap-2">
              {version.environments.length > 1 && environment ? (
                <Select
                  label={t('docs.environment')}
                  labelHidden
                  className="w-40"
                  options={version.environments.map((one) => ({ value: one.name, label: one.title }))}
                  value={environment.name}
                  onChange={(next) =>
                    void navigate({ search: (old) => ({ ...old, environment: next }), replace: true })
                  }
                />
              ) : null}
              {own.length > 0 && application ? (
                <Select
                  label={t('docs.application')}
                  labelHidden
                  className="w-48"
                  options={own.map((one) => ({
                    value: one.name,
                    label: t('docs.as', { application: one.title }),
                  }))}
                  value={application.name}
                  onChange={(next) =>
                    void navigate({ search: (old) => ({ ...old, application: next }), replace: true })
                  }
                />
              ) : null}
              {isStranger || needsAccess ? (
                <LinkButton
                  variant="primary"
                  to="/p/$tenant/apis/$api"
                  params={{ tenant, api: referenceOf(api) }}
                  search={{ version: version.name, access: true }}
                >
                  {t('api.getAccess')}
                </LinkButton>
              ) : null}
            </div>
          </div>
          {isStranger ? (
            <p className="text-muted">{me ? t('docs.needApplication') : t('docs.needSignIn')}</p>
          ) : needsAccess ? (
            <p className="text-muted">{t('docs.needAccess', { application: application.title })}</p>
          ) : null}
        </header>
        {document_.error && !document_.data ? (
          <ErrorPage error={document_.error} reset={() => void document_.refetch()} />
        ) : spec && environment ? (
          <Suspense fallback={<DocsSkeleton />}>
            <SwaggerDocs
              key={`${version.id}/${environment.name}/${application ? 'try' : 'read'}`}
              tenant={tenant}
              spec={spec}
              environment={environment}
              application={application?.id}
              go={go}
            />
          </Suspense>
        ) : (
          <DocsSkeleton />
        )}
        <p className="text-sm text-muted lg:hidden">
          <Link to="/p/$tenant/apis/$api" params={{ tenant, api: referenceOf(api) }}>
            {t('docs.backToApi')}
          </Link>
        </p>
      </div>
    </div>
  )
}

function DocsSkeleton() {
  return (
    <div className="flex flex-col gap-3">
      {[1, 2, 3, 4, 5, 6].map((line) => (
        <Skeleton key={line} className="h-11 rounded-lg" />
      ))}
    </div>
  )
}

/** Operations by tag; the server pages and searches, so a thousand of them stay quick. */
function Operations({
  tenant,
  api,
  version,
  onChoose,
}: {
  tenant: string
  api: CatalogueApi
  version: CatalogueVersion
  onChoose(place: DocsPlace): void
}) {
  const { t } = useTranslation('developer')
  const [text, setText] = useState('')
  const query = useInfiniteQuery(
    operationsQuery(tenant, referenceOf(api), version.name, text.trim() || undefined),
  )
  const operations = query.data?.pages.flatMap((page) => page.data) ?? []
  const groups = [...Map.groupBy(operations, (operation) => placeOf(operation).tag)]
  return (
    <>
      <SearchField label={t('docs.search')} value={text} onChange={setText} />
      <nav aria-label={t('docs.operations')} className="-mx-2 min-h-0 flex-1 overflow-y-auto px-2">
        {groups.map(([tag, inside]) => (
          <div key={tag} className="mb-4">
            <p className="px-2 pb-1 text-xs font-medium text-faint">{tag}</p>
            <ul>
              {inside.map((operation) => (
                <li key={operation.id}>
                  <button
                    type="button"
                    onClick={() => onChoose(placeOf(operation))}
                    title={operation.summary ?? operation.path}
                    className={cx(
                      'flex h-8 w-full items-center rounded-md px-2 text-left hover:bg-hover',
                      operation.deprecated && 'opacity-60',
                    )}
                  >
                    <MethodBadge method={operation.method} className="w-13! text-2xs!" />
                    <span className={cx('truncate text-sm', operation.deprecated && 'line-through')}>
                      {operation.summary ?? operation.path}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          </div>
        ))}
        {query.data && operations.length === 0 ? (
          <p className="px-2 text-sm text-muted">{t('docs.nothingFound')}</p>
        ) : null}
        {query.hasNextPage ? (
          <button
            type="button"
            onClick={() => void query.fetchNextPage()}
            className="px-2 py-1 text-sm font-medium text-accent-text hover:underline"
          >
            {t('api.moreOperations')}
          </button>
        ) : null}
      </nav>
    </>
  )
}
