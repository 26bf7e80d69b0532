// Landing of the developer portal and its catalogue: search, tags, and a card per API.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Globe, KeyRound, Lock, SearchX } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Avatar } from '../../ui/avatar.tsx'
import { Badge, MethodBadge } from '../../ui/badge.tsx'
import { cx } from '../../ui/class-names.ts'
import { PlainLink } from '../../ui/link.tsx'
import { PlainButton } from '../../ui/plain-button.tsx'
import { EmptyState, ErrorState, Skeleton, useSlow } from '../../ui/states.tsx'
import { type CatalogueApi, plansOf, referenceOf } from './plans.ts'
import { catalogueQuery, portalQuery } from './queries.ts'
import { SearchBox } from './search-box.tsx'

const route = getRouteApi('/p/$tenant/')

type Found = CatalogueApi & {
  matches: ReadonlyArray<{ version: string; operation: string; summary: string | null }>
}

export function CataloguePage() {
  const { t } = useTranslation('developer')
  const { tenant } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const portal = useQuery(portalQuery(tenant))
  const query = useInfiniteQuery(catalogueQuery(tenant, { search: search.q, tag: search.tag }))
  const slow = useSlow(query.isPending)
  const apis: readonly Found[] | undefined = query.data?.pages.flatMap((page) => page.data)
  const tags = query.data?.pages[0]?.tags ?? []
  const isFiltered = Boolean(search.q || search.tag)
  const title = portal.data?.title ?? tenant
  useEffect(() => {
    document.title = t('catalogue.title', { tenant: title })
  }, [t, title])

  return (
    <>
      <section className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-[1200px] flex-col gap-5 px-4 py-10 sm:px-8 sm:py-14">
          <div className="flex flex-col gap-2">
            <h1 className="text-2xl font-semibold tracking-[-0.022em] sm:text-3xl">
              {t('catalogue.heading', { tenant: title })}
            </h1>
            <p className="max-w-[60ch] text-md text-muted">{t('catalogue.sentence')}</p>
          </div>
          <SearchBox
            label={t('catalogue.search')}
            value={search.q ?? ''}
            onChange={(q) =>
              void navigate({ search: (old) => ({ ...old, q: q || undefined }), replace: true })
            }
          />
        </div>
      </section>
      <div className="mx-auto flex max-w-[1200px] flex-col gap-6 px-4 py-8 sm:px-8">
        {tags.length > 0 ? (
          <fieldset className="flex flex-wrap gap-1.5">
            <legend className="sr-only">{t('catalogue.tags')}</legend>
            <TagChip
              name={t('catalogue.allTags')}
              isChosen={!search.tag}
              onChoose={() => void navigate({ search: (old) => ({ ...old, tag: undefined }) })}
            />
            {tags.map(({ tag, count }) => (
              <TagChip
                key={tag}
                name={tag}
                count={count}
                isChosen={search.tag === tag}
                onChoose={() =>
                  void navigate({ search: (old) => ({ ...old, tag: search.tag === tag ? undefined : tag }) })
                }
              />
            ))}
          </fieldset>
        ) : null}
        {apis === undefined ? (
          query.error ? (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <ul aria-label={t('catalogue.loading')} className={cx(gridClass, !slow && 'invisible')}>
              {[1, 2, 3, 4, 5, 6].map((card) => (
                <li key={card}>
                  <Skeleton className="h-44 rounded-lg" />
                </li>
              ))}
            </ul>
          )
        ) : apis.length === 0 ? (
          <EmptyState
            icon={SearchX}
            title={isFiltered ? t('catalogue.nothingFound') : t('catalogue.empty')}
            sentence={isFiltered ? t('catalogue.nothingFoundDetail') : t('catalogue.emptyDetail')}
            action={
              isFiltered ? (
                <PlainButton onPress={() => void navigate({ search: {} })}>
                  {t('catalogue.clear')}
                </PlainButton>
              ) : null
            }
          />
        ) : (
          <>
            <p className="sr-only" aria-live="polite">
              {t('catalogue.count', { count: apis.length })}
            </p>
            <ul className={gridClass}>
              {apis.map((api) => (
                <li key={api.id} className="min-w-0">
                  <ApiCard tenant={tenant} api={api} />
                </li>
              ))}
            </ul>
            {query.hasNextPage ? (
              <PlainButton
                className="self-center"
                isPending={query.isFetchingNextPage}
                onPress={() => void query.fetchNextPage()}
              >
                {t('catalogue.more')}
              </PlainButton>
            ) : null}
          </>
        )}
      </div>
    </>
  )
}

const gridClass = 'grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-3'

function TagChip({
  name,
  count,
  isChosen,
  onChoose,
}: {
  name: string
  count?: number
  isChosen: boolean
  onChoose(): void
}) {
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={onChoose}
      className={cx(
        'inline-flex h-7 items-center gap-1.5 rounded-full border px-3 text-sm',
        isChosen
          ? 'border-accent bg-accent-soft font-medium text-accent-text'
          : 'border-line bg-surface text-muted hover:border-line-strong hover:text-ink',
      )}
    >
      {name}
      {count === undefined ? null : <span className="tabular text-xs">{count}</span>}
    </button>
  )
}

function ApiCard({ tenant, api }: { tenant: string; api: Found }) {
  const { t } = useTranslation('developer')
  const newest = api.versions[0]
  const plans = api.versions.flatMap(plansOf)
  const first = plans[0]
  const isPublic = api.versions.every((version) => version.public)
  const isDeprecated = api.versions.every((version) => version.lifecycle === 'deprecated')
  return (
    <PlainLink
      to="/p/$tenant/apis/$api"
      params={{ tenant, api: referenceOf(api) }}
      className="group flex h-full min-h-44 flex-col gap-3 rounded-lg border border-line bg-surface p-4 transition-colors duration-100 hover:border-line-strong hover:bg-hover"
    >
      <span className="flex items-center gap-3">
        <Avatar name={api.title} shape="square" size={32} />
        <span className="flex min-w-0 flex-1 flex-col">
          <span className="truncate text-md font-semibold">{api.title}</span>
          <span className="truncate text-sm text-muted">
            {api.versions.map((version) => version.name).join(', ')}
            {newest ? ` · ${t('catalogue.operations', { count: newest.operationCount })}` : null}
            {api.provider ? ` · ${t('catalogue.sharedBy', { team: api.provider.title })}` : null}
          </span>
        </span>
        {isDeprecated ? <Badge tone="warning">{t('lifecycle.deprecated')}</Badge> : null}
        {api.visibility === 'public' ? null : (
          <Lock size={14} aria-label={t('catalogue.private')} className="text-faint" />
        )}
      </span>
      {api.matches.length > 0 ? (
        <span className="flex flex-col gap-1">
          {api.matches.slice(0, 3).map((match) => {
            const [method = '', path = ''] = match.operation.split(' ')
            return (
              <span key={`${match.version}${match.operation}`} className="flex min-w-0 items-center text-sm">
                <MethodBadge method={method} />
                <code className="truncate text-muted">{path}</code>
              </span>
            )
          })}
        </span>
      ) : (
        <span className="line-clamp-2 text-muted">
          {plain(api.description) || t('catalogue.noDescription')}
        </span>
      )}
      <span className="mt-auto flex flex-wrap items-center gap-x-3 gap-y-1.5 text-sm text-muted">
        <span className="inline-flex items-center gap-1.5">
          {isPublic ? <Globe size={14} aria-hidden /> : <KeyRound size={14} aria-hidden />}
          {isPublic ? t('catalogue.noKey') : t('catalogue.key')}
        </span>
        {first ? (
          <span className="truncate">
            {first.title}
            {first.terms[0] ? `: ${first.terms[0]}` : ''}
            {plans.length > 1 ? t('catalogue.morePlans', { count: plans.length - 1 }) : ''}
          </span>
        ) : null}
      </span>
    </PlainLink>
  )
}

/** Markdown and markup say nothing in two lines of a card. */
export function plain(markdown: string): string {
  return markdown
    .replace(/```[\s\S]*?```/g, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[#*_`>]+/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
