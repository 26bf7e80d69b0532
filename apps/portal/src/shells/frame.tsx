// The frame of admin and insights: top bar with the switchers, side bar (a drawer on phones), content.

import { type AnyRouter, useRouter, useRouterState } from '@tanstack/react-router'
import { type LucideIcon, Menu as MenuIcon, Search } from 'lucide-react'
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type Face, facesOf, useMe } from '../api/session.ts'
import { Mark } from '../brand/mark.tsx'
import { Avatar } from '../ui/avatar.tsx'
import { plainButtonClass } from '../ui/button-class.ts'
import { cx } from '../ui/class-names.ts'
import type { Command } from '../ui/command-palette.tsx'
import { Announcer, SkipLink } from './announcer.tsx'
import { inApp } from './in-app.ts'
import { usePaletteDoor } from './palette-door.tsx'
import { EnvironmentSwitcher, TenantSwitcher } from './switchers.tsx'

const MenuDrawer = lazy(async () => ({ default: (await import('./menu-drawer.tsx')).MenuDrawer }))
const ProfileMenu = lazy(async () => ({ default: (await import('./profile-menu.tsx')).ProfileMenu }))
const Toasts = lazy(async () => ({ default: (await import('../ui/toast.tsx')).Toasts }))

export interface NavItem {
  label: string
  icon: LucideIcon
  /** Path below the face's base; '' is its start page. */
  path: string
  /** Range and filters that go along: `?from=now-7d`. */
  search?: string
  /** A figure that asks for attention, such as waiting approvals. */
  count?: number | undefined
  /** Paths that belong to this item although they do not begin with its own. */
  covers?: readonly string[]
  isHidden?: boolean
}

export interface NavGroup {
  id: string
  title?: string
  items: readonly NavItem[]
}

export interface FrameProps {
  face: 'admin' | 'insights'
  tenant: string
  environment: string
  nav: readonly NavGroup[]
  /** Extra palette entries of this face. */
  commands?: readonly Command[]
  /** Where a pasted id leads in this face; undefined = not here. */
  pathOfId?: (id: string) => string | undefined
  children: ReactNode
}

export function Frame({ face, tenant, environment, nav, commands = [], pathOfId, children }: FrameProps) {
  const { t } = useTranslation('common')
  const router: AnyRouter = useRouter()
  const me = useMe()
  const [isMenuOpen, setMenuOpen] = useState(false)
  const palette = usePaletteDoor()
  const path = useRouterState({ select: (state) => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the drawer closes whenever the page changes
  useEffect(() => setMenuOpen(false), [path])
  const base = `/${face}/t/${tenant}/${environment}`
  const go = (href: string) => void router.navigate({ href })
  const groups = nav
    .map((group) => ({ ...group, items: group.items.filter((item) => !item.isHidden) }))
    .filter((group) => group.items.length > 0)
  const goTo: Command[] = groups.flatMap((group) =>
    group.items.map((item) => ({
      id: `go:${item.path}`,
      title: item.label,
      group: t('palette.goTo'),
      icon: item.icon,
      run: () => go(item.path === '' ? base : `${base}/${item.path}`),
    })),
  )
  const side = (
    <>
      <FaceSwitch face={face} tenant={tenant} environment={environment} className="mb-3 lg:hidden" />
      {groups.map((group) => (
        <NavSection key={group.id} group={group} base={base} path={path} />
      ))}
    </>
  )

  return (
    <div className="flex min-h-dvh flex-col [--sticky-top:3rem]">
      <SkipLink />
      <header className="sticky top-0 z-30 flex h-12 items-center gap-1 border-b border-line bg-canvas px-2 sm:gap-2 sm:px-3">
        <button
          type="button"
          aria-label={t('shell.openMenu')}
          onClick={() => setMenuOpen(true)}
          className={plainButtonClass('quiet', 'md', 'w-8 px-0! lg:hidden')}
        >
          <MenuIcon size={16} aria-hidden />
        </button>
        <a
          href="/"
          aria-label={t('appName')}
          className="grid size-8 place-items-center rounded-lg max-sm:hidden"
        >
          <Mark size={22} />
        </a>
        <TenantSwitcher tenant={tenant} />
        <span aria-hidden className="text-line-strong max-sm:hidden">
          /
        </span>
        <EnvironmentSwitcher environment={environment} />
        <FaceSwitch face={face} tenant={tenant} environment={environment} className="mx-auto max-lg:hidden" />
        <button
          type="button"
          onClick={palette.open}
          className="flex h-8 w-56 items-center gap-2 rounded-lg border border-line bg-surface px-2.5 text-faint hover:border-line-strong max-lg:ml-auto max-lg:w-8 max-lg:justify-center max-lg:border-transparent max-lg:bg-transparent max-lg:px-0"
        >
          <Search size={16} aria-hidden />
          <span className="max-lg:sr-only">{t('palette.open')}</span>
          <kbd className="ml-auto rounded-sm border border-line px-1 text-2xs max-lg:hidden">⌘K</kbd>
        </button>
        <Suspense
          fallback={
            <span className="grid size-8 place-items-center">
              <Avatar name={me?.user.name ?? ''} size={26} />
            </span>
          }
        >
          <ProfileMenu />
        </Suspense>
      </header>
      <div className="flex flex-1">
        <nav
          aria-label={t('shell.sidebar')}
          className="sticky top-12 flex h-[calc(100dvh-3rem)] w-58 shrink-0 flex-col gap-5 overflow-y-auto border-r border-line px-3 py-4 max-lg:hidden"
        >
          {side}
        </nav>
        <main id="main" tabIndex={-1} className="min-w-0 flex-1">
          {children}
        </main>
      </div>
      {isMenuOpen ? (
        <Suspense>
          <MenuDrawer onClose={() => setMenuOpen(false)}>{side}</MenuDrawer>
        </Suspense>
      ) : null}
      {palette.door({ commands: [...commands, ...goTo], tenant, pathOfId })}
      <Suspense>
        <Toasts />
      </Suspense>
      <Announcer />
    </div>
  )
}

function NavSection({ group, base, path }: { group: NavGroup; base: string; path: string }) {
  const router = useRouter()
  return (
    <div className="flex flex-col gap-0.5">
      {group.title ? <p className="px-2 pb-1 text-xs font-medium text-faint">{group.title}</p> : null}
      {group.items.map((item) => {
        const href = item.path === '' ? base : `${base}/${item.path}`
        const isCurrent =
          item.path === ''
            ? path === base || path === `${base}/`
            : [item.path, ...(item.covers ?? [])].some((own) => `${path}/`.startsWith(`${base}/${own}/`))
        return (
          <a
            key={item.path}
            href={`${href}${item.search ?? ''}`}
            aria-current={isCurrent ? 'page' : undefined}
            onClick={inApp(router)}
            onPointerEnter={() => void router.preloadRoute({ to: href }).catch(() => {})}
            className={cx(
              'flex h-8 items-center gap-2.5 rounded-lg px-2 max-lg:h-10',
              isCurrent ? 'bg-pressed font-medium text-ink' : 'text-muted hover:bg-hover hover:text-ink',
            )}
          >
            <item.icon size={16} aria-hidden className={isCurrent ? 'text-accent-text' : undefined} />
            <span className="min-w-0 flex-1 truncate">{item.label}</span>
            {item.count ? (
              <span className="tabular rounded-full bg-accent-soft px-1.5 text-xs font-medium text-accent-text">
                {item.count > 99 ? '99+' : item.count}
              </span>
            ) : null}
          </a>
        )
      })}
    </div>
  )
}

/** Admin, developer portal, insights: only those that the role makes sense of, and only when there is a choice. */
function FaceSwitch({
  face,
  tenant,
  environment,
  className,
}: {
  face: Face
  tenant: string
  environment: string
  className?: string
}) {
  const { t } = useTranslation('common')
  const router = useRouter()
  const faces = facesOf(useMe(), tenant)
  if (faces.length < 2) return <span className={className} />
  const hrefOf = {
    admin: `/admin/t/${tenant}/${environment}`,
    insights: `/insights/t/${tenant}/${environment}`,
    developer: `/p/${tenant}`,
  }
  return (
    <nav
      aria-label={t('shell.faces')}
      className={cx('flex gap-0.5 rounded-lg border border-line bg-sunken p-0.5', className)}
    >
      {faces.map((candidate) => (
        <a
          key={candidate}
          href={hrefOf[candidate]}
          onClick={inApp(router)}
          aria-current={candidate === face ? 'true' : undefined}
          className={cx(
            'flex h-6.5 flex-1 items-center justify-center rounded-md px-2.5 text-sm whitespace-nowrap',
            candidate === face
              ? 'bg-surface font-medium text-ink shadow-[0_0_0_1px_var(--line)]'
              : 'text-muted hover:text-ink',
          )}
        >
          {t(`shell.${candidate}`)}
        </a>
      ))}
    </nav>
  )
}
