// The developer portal around its pages: light for visitors, with menus that load once someone is signed in.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../api/client.ts'
import { asProblem } from '../api/problem.ts'
import { facesOf, useMe } from '../api/session.ts'
import { Wordmark } from '../brand/mark.tsx'
import { Avatar } from '../ui/avatar.tsx'
import { plainButtonClass } from '../ui/button-class.ts'
import { cx } from '../ui/class-names.ts'
import { Announcer, SkipLink } from './announcer.tsx'
import { NotFoundPage } from './error-pages.tsx'
import { inApp } from './in-app.ts'
import { usePaletteDoor } from './palette-door.tsx'

const ProfileMenu = lazy(async () => ({ default: (await import('./profile-menu.tsx')).ProfileMenu }))
const Toasts = lazy(async () => ({ default: (await import('../ui/toast.tsx')).Toasts }))

const route = getRouteApi('/p/$tenant')

export function DeveloperShell() {
  const { t } = useTranslation('developer')
  const { tenant } = route.useParams()
  const me = useMe()
  const router = useRouter()
  const href = useRouterState({ select: (state) => state.location.href })
  const path = useRouterState({ select: (state) => state.location.pathname })
  const portal = useQuery(orpc.catalogue.tenant.queryOptions({ input: { tenant }, staleTime: 300_000 }))
  const palette = usePaletteDoor()
  const base = `/p/${tenant}`
  const isUnknown = portal.error !== null && asProblem(portal.error).status === 404
  const title = portal.data?.title ?? tenant
  const back = `return=${encodeURIComponent(href)}&tenant=${tenant}`
  const tabs = [
    { path: '', label: t('nav.apis'), isCurrent: path === base || path.startsWith(`${base}/apis`) },
    ...(me
      ? [
          {
            path: '/applications',
            label: t('nav.applications'),
            isCurrent: path.startsWith(`${base}/applications`),
          },
          {
            path: '/usage',
            label: t('nav.usage'),
            isCurrent: path.startsWith(`${base}/usage`) || path.startsWith(`${base}/requests`),
          },
        ]
      : []),
  ]
  const faces = facesOf(me, tenant).filter((face) => face !== 'developer')
  const pathOfId = (id: string) =>
    id.startsWith('api_')
      ? `${base}/apis/${id}`
      : id.startsWith('app_')
        ? `${base}/applications/${id}`
        : id.startsWith('req_') || id.includes('-')
          ? `${base}/requests/${id}`
          : undefined

  return (
    <div className="flex min-h-dvh flex-col [--page-width:1200px] [--sticky-top:3.5rem]">
      <SkipLink />
      <header className="sticky top-0 z-30 border-b border-line bg-canvas">
        <div className="mx-auto flex h-14 max-w-[1200px] items-center gap-2 px-4 sm:gap-4 sm:px-8">
          <a
            href={base}
            onClick={inApp(router)}
            className="flex min-w-0 items-center gap-2.5 rounded-lg font-semibold"
          >
            <Avatar name={title} shape="square" size={26} />
            <span className={cx('truncate', me ? 'max-sm:sr-only' : 'max-sm:max-w-28')}>{title}</span>
          </a>
          <nav aria-label={t('nav.label')} className="flex h-full items-stretch gap-1 max-sm:-mx-1 sm:ml-2">
            {tabs.map((tab) => (
              <a
                key={tab.path}
                href={`${base}${tab.path}`}
                onClick={inApp(router)}
                aria-current={tab.isCurrent ? 'page' : undefined}
                className={cx(
                  '-mb-px flex items-center border-b-2 px-2 max-sm:text-sm',
                  tab.isCurrent
                    ? 'border-accent font-medium text-ink'
                    : 'border-transparent text-muted hover:text-ink',
                )}
              >
                {tab.label}
              </a>
            ))}
          </nav>
          <div className="ml-auto flex items-center gap-1 sm:gap-2">
            {faces.map((face) => (
              <a
                key={face}
                href={`/${face}/t/${tenant}`}
                onClick={inApp(router)}
                className={plainButtonClass('quiet', 'sm', 'max-md:hidden')}
              >
                {t(`nav.${face === 'admin' ? 'admin' : 'insights'}`)}
              </a>
            ))}
            <button type="button" onClick={palette.open} className={plainButtonClass('quiet', 'md', 'px-2!')}>
              <Search size={16} aria-hidden />
              <span className="sr-only">{t('nav.search')}</span>
              <kbd className="rounded-sm border border-line px-1 text-2xs text-faint max-md:hidden">⌘K</kbd>
            </button>
            {me ? (
              <Suspense fallback={<Avatar name={me.user.name} size={26} />}>
                <ProfileMenu />
                <Toasts />
              </Suspense>
            ) : (
              <>
                <a href={`/sign-in?${back}`} className={plainButtonClass('quiet', 'md', 'max-sm:px-2')}>
                  {t('nav.signIn')}
                </a>
                {isUnknown || portal.data?.selfSignUp === false ? null : (
                  <a href={`/sign-up?${back}`} className={plainButtonClass('primary', 'md')}>
                    {t('nav.signUp')}
                  </a>
                )}
              </>
            )}
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="flex-1">
        {isUnknown ? <NotFoundPage /> : <Outlet />}
      </main>
      <footer className="mt-12 border-t border-line">
        <div className="mx-auto flex max-w-[1200px] flex-wrap items-center justify-between gap-4 px-4 py-6 text-sm text-muted sm:px-8">
          <span>{t('footer.of', { tenant: title })}</span>
          <span className="flex items-center gap-2">
            {t('footer.poweredBy')} <Wordmark size={18} />
          </span>
        </div>
      </footer>
      {palette.door({
        tenant,
        pathOfId,
        commands: tabs.map((tab) => ({
          id: `go:${tab.path}`,
          title: tab.label,
          group: t('nav.label'),
          run: () => void router.navigate({ href: `${base}${tab.path}` }),
        })),
      })}
      <Announcer />
    </div>
  )
}
