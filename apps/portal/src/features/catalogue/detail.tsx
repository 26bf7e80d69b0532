// Page of one API: what it does, what it costs, where it answers, and "Get access".

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { BookOpen, Check, Clock, Download, TriangleAlert } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/session.ts'
import { ErrorPage } from '../../shells/error-pages.tsx'
import { Avatar } from '../../ui/avatar.tsx'
import { Badge, MethodBadge, StateChip } from '../../ui/badge.tsx'
import { plainButtonClass } from '../../ui/button-class.ts'
import { cx } from '../../ui/class-names.ts'
import { CopyLine } from '../../ui/copy-line.tsx'
import { useFormat } from '../../ui/format.ts'
import { Link, LinkButton, PlainLink } from '../../ui/link.tsx'
import { PageLoading, Skeleton } from '../../ui/states.tsx'
import { anchorOf, placeOf } from './docs-place.ts'
import {
  type CatalogueApi,
  type CatalogueVersion,
  currentVersion,
  namesPrice,
  type Plan,
  plansOf,
  referenceOf,
} from './plans.ts'
import { apiQuery, operationsQuery } from './queries.ts'

const GetAccess = lazy(async () => ({ default: (await import('./get-access.tsx')).GetAccess }))
const Markdown = lazy(async () => ({ default: (await import('../../ui/markdown.tsx')).Markdown }))

const route = getRouteApi('/p/$tenant/apis/$api')

export function ApiPage() {
  const { tenant, api: name } = route.useParams()
  const query = useQuery(apiQuery(tenant, name))
  if (query.data) return <Loaded tenant={tenant} api={query.data} />
  if (query.error) return <ErrorPage error={query.error} reset={() => void query.refetch()} />
  return <PageLoading onRetry={() => void query.refetch()} />
}

function Loaded({ tenant, api }: { tenant: string; api: CatalogueApi }) {
  const { t } = useTranslation('developer')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const me = useMe()
  const format = useFormat()
  const version = currentVersion(api, search.version)
  // The dialog keeps its key until it is closed, so it stays mounted from the first opening on.
  const [wasOpened, setOpened] = useState(search.access === true)
  useEffect(() => {
    document.title = `${api.title} · ${tenant}`
  }, [api.title, tenant])
  if (!version) return null
  const plans = plansOf(version)
  const docs = {
    to: '/p/$tenant/apis/$api/docs',
    params: { tenant, api: referenceOf(api) },
    search: { version: version.name },
  } as const
  const open = (plan?: string) => {
    if (!me) {
      const back = `/p/${tenant}/apis/${referenceOf(api)}?version=${version.name}&access=1${plan ? `&plan=${plan}` : ''}`
      void navigate({ to: '/sign-in', search: { return: back, tenant } })
      return
    }
    setOpened(true)
    void navigate({ search: (old) => ({ ...old, access: true as const, plan }), replace: true })
  }

  return (
    <div className="mx-auto flex max-w-[1200px] flex-col gap-8 px-4 py-8 sm:px-8">
      <header className="flex flex-col gap-4">
        <nav aria-label={t('nav.breadcrumb')} className="text-sm text-muted">
          <PlainLink to="/p/$tenant" params={{ tenant }} className="hover:text-ink">
            {t('nav.apis')}
          </PlainLink>
        </nav>
        <div className="flex flex-wrap items-start justify-between gap-4">
          <div className="flex min-w-0 items-center gap-4">
            <Avatar name={api.title} shape="square" size={48} />
            <div className="flex min-w-0 flex-col gap-1">
              <h1 className="text-2xl font-semibold tracking-[-0.02em] break-words">{api.title}</h1>
              <div className="flex flex-wrap items-center gap-2">
                <VersionPicker
                  api={api}
                  version={version}
                  onChange={(next) => void navigate({ search: (old) => ({ ...old, version: next }) })}
                />
                <StateChip tone={version.lifecycle === 'published' ? 'success' : 'warning'}>
                  {t(`lifecycle.${version.lifecycle}`)}
                </StateChip>
                {api.provider ? (
                  <span className="text-muted">{t('catalogue.sharedBy', { team: api.provider.title })}</span>
                ) : null}
                {api.tags.map((tag) => (
                  <PlainLink key={tag} to="/p/$tenant" params={{ tenant }} search={{ tag }}>
                    <Badge className="hover:border-line-strong hover:text-ink">{tag}</Badge>
                  </PlainLink>
                ))}
              </div>
            </div>
          </div>
          <div className="flex flex-wrap items-center gap-2">
            <LinkButton {...docs} size="lg" icon={BookOpen} preload="intent">
              {t('api.readDocs')}
            </LinkButton>
            {plans.length > 0 ? (
              <button type="button" className={plainButtonClass('primary', 'lg')} onClick={() => open()}>
                {t('api.getAccess')}
              </button>
            ) : null}
          </div>
        </div>
        {version.lifecycle === 'deprecated' ? (
          <p className="flex items-start gap-2.5 rounded-lg border border-warning-line bg-warning-soft px-3 py-2.5 text-warning">
            <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
            {version.sunsetAt
              ? t('api.sunset', { date: format.date(version.sunsetAt) })
              : t('api.deprecated')}
          </p>
        ) : null}
      </header>
      <div className="grid grid-cols-1 gap-8 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-8">
          <Part title={t('api.overview')}>
            <div className="text-md leading-7">
              {api.description ? (
                <Suspense fallback={<Skeleton className="h-24" />}>
                  <Markdown>{api.description}</Markdown>
                </Suspense>
              ) : (
                <p className="text-muted">{t('catalogue.noDescription')}</p>
              )}
            </div>
          </Part>
          <Operations tenant={tenant} api={api} version={version} />
        </div>
        <aside className="flex min-w-0 flex-col gap-8">
          <Part title={t('api.baseUrl')}>
            <ul className="flex flex-col gap-3">
              {version.environments.map((environment) => (
                <li key={environment.name} className="flex min-w-0 flex-col gap-1">
                  <span className="text-sm text-muted">{environment.title}</span>
                  <CopyLine
                    value={environment.baseUrl}
                    label={t('api.copyUrl', { environment: environment.title })}
                  />
                </li>
              ))}
            </ul>
          </Part>
          <Part title={t('api.plans')}>
            {plans.length === 0 ? (
              <p className="text-muted">{version.public ? t('api.noPlansPublic') : t('api.noPlans')}</p>
            ) : null}
            <ul className="flex flex-col gap-3">
              {plans.map((plan) => (
                <li key={plan.id}>
                  <PlanCard plan={plan} onChoose={() => open(plan.id)} isOnly={plans.length === 1} />
                </li>
              ))}
            </ul>
          </Part>
          <Part title={t('api.details')}>
            <dl className="flex flex-col gap-2">
              <Fact label={t('api.auth')}>{version.public ? t('catalogue.noKey') : t('catalogue.key')}</Fact>
              <Fact label={t('api.operations')}>{version.operationCount}</Fact>
              <Fact label={t('api.updated')}>{format.date(api.updatedAt)}</Fact>
            </dl>
            <a
              href={`/api/v1/portal/${tenant}/apis/${referenceOf(api)}/${version.name}/openapi.json`}
              download={`${api.name}-${version.name}.openapi.json`}
              className="mt-3 inline-flex items-center gap-1.5 font-medium text-accent-text underline-offset-4 hover:underline"
            >
              <Download size={14} aria-hidden />
              {t('api.download')}
            </a>
          </Part>
        </aside>
      </div>
      {wasOpened && me ? (
        <Suspense>
          <GetAccess
            tenant={tenant}
            api={api}
            version={version}
            plans={plans}
            chosenPlan={search.plan}
            isOpen={search.access === true}
            onClose={() =>
              void navigate({
                search: (old) => ({ ...old, access: undefined, plan: undefined }),
                replace: true,
              })
            }
          />
        </Suspense>
      ) : null}
    </div>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex min-w-0 flex-col gap-3">
      <h2 className="text-md font-semibold">{title}</h2>
      {children}
    </section>
  )
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-muted">{label}</dt>
      <dd className="tabular text-right">{children}</dd>
    </div>
  )
}

function VersionPicker({
  api,
  version,
  onChange,
}: {
  api: CatalogueApi
  version: CatalogueVersion
  onChange(name: string): void
}) {
  const { t } = useTranslation('developer')
  if (api.versions.length === 1) return <span className="font-mono text-sm text-muted">{version.name}</span>
  return (
    <select
      aria-label={t('api.version')}
      value={version.name}
      onChange={(event) => onChange(event.target.value)}
      className="h-6 rounded-md border border-line-strong bg-surface px-1 font-mono text-sm"
    >
      {api.versions.map((candidate) => (
        <option key={candidate.id} value={candidate.name}>
          {candidate.name}
        </option>
      ))}
    </select>
  )
}

function PlanCard({ plan, onChoose, isOnly }: { plan: Plan; onChoose(): void; isOnly: boolean }) {
  const { t } = useTranslation('developer')
  return (
    <div className="flex flex-col gap-2.5 rounded-lg border border-line bg-surface p-4">
      <div className="flex items-baseline justify-between gap-3">
        <h3 className="font-semibold">{plan.title}</h3>
        {namesPrice(plan) ? null : <span className="text-sm text-muted">{plan.price}</span>}
      </div>
      {plan.description ? <p className="text-muted">{plan.description}</p> : null}
      <ul className="flex flex-col gap-1">
        {plan.terms.map((term) => (
          <li key={term} className="flex items-start gap-2">
            <Check size={14} aria-hidden className="mt-1 shrink-0 text-accent-text" />
            {term}
          </li>
        ))}
        <li className="flex items-start gap-2 text-muted">
          {plan.approval === 'auto' ? (
            <Check size={14} aria-hidden className="mt-1 shrink-0 text-accent-text" />
          ) : (
            <Clock size={14} aria-hidden className="mt-1 shrink-0" />
          )}
          {plan.approval === 'auto' ? t('api.autoApproval') : t('api.manualApproval')}
        </li>
      </ul>
      {isOnly ? null : (
        <button
          type="button"
          onClick={onChoose}
          className={plainButtonClass('secondary', 'md', 'self-start')}
        >
          {t('api.choosePlan', { plan: plan.title })}
        </button>
      )}
    </div>
  )
}

function Operations({
  tenant,
  api,
  version,
}: {
  tenant: string
  api: CatalogueApi
  version: CatalogueVersion
}) {
  const { t } = useTranslation('developer')
  const query = useInfiniteQuery(operationsQuery(tenant, referenceOf(api), version.name))
  const operations = query.data?.pages.flatMap((page) => page.data)
  return (
    <Part title={t('api.operations')}>
      {operations === undefined ? (
        <Skeleton className="h-40 rounded-lg" />
      ) : (
        <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
          {operations.map((operation) => (
            <li key={operation.id}>
              <PlainLink
                to="/p/$tenant/apis/$api/docs"
                params={{ tenant, api: referenceOf(api) }}
                search={{ version: version.name }}
                hash={anchorOf(placeOf(operation))}
                className={cx(
                  'flex min-h-10 items-center gap-2 px-4 py-2 hover:bg-hover max-sm:flex-wrap',
                  operation.deprecated && 'opacity-70',
                )}
              >
                <MethodBadge method={operation.method} />
                <code className={cx('min-w-0 truncate text-sm', operation.deprecated && 'line-through')}>
                  {operation.path}
                </code>
                <span className="ml-auto truncate pl-4 text-right text-sm text-muted max-sm:ml-0 max-sm:w-full max-sm:pl-16 max-sm:text-left">
                  {operation.summary}
                </span>
              </PlainLink>
            </li>
          ))}
        </ul>
      )}
      {query.hasNextPage ? (
        <button
          type="button"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
          className={plainButtonClass('secondary', 'sm', 'self-start')}
        >
          {t('api.moreOperations')}
        </button>
      ) : null}
      <Link
        to="/p/$tenant/apis/$api/docs"
        params={{ tenant, api: referenceOf(api) }}
        search={{ version: version.name }}
        className="self-start"
      >
        {t('api.openDocs')}
      </Link>
    </Part>
  )
}
