// Tenant and environment switchers: they keep the page where it exists in the other place, else its list.

import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { Ban, Building2, ChevronsUpDown, KeyRound, Radio, ShieldCheck } from 'lucide-react'
import { Button } from 'react-aria-components/Button'
import { useTranslation } from 'react-i18next'
import { orpc } from '../api/client.ts'
import { environmentsQuery } from '../api/environments.ts'
import { useMe } from '../api/session.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Dot } from '../ui/badge.tsx'
import { cx } from '../ui/class-names.ts'
import { Menu } from '../ui/menu.tsx'

const triggerClass =
  'flex h-8 items-center gap-2 rounded-lg px-2 font-medium data-hovered:bg-hover data-pressed:bg-pressed'

/** `/admin/t/acme/dev/apis/api_1` → `/admin/t/other/dev/apis`: ids of one tenant mean nothing in another. */
export function inTenant(pathname: string, tenant: string): string {
  const parts = pathname.split('/')
  if (parts[2] !== 't') return pathname
  return [...parts.slice(0, 3), tenant, ...parts.slice(4, 6)].join('/')
}

export function inEnvironment(pathname: string, environment: string): string {
  const parts = pathname.split('/')
  if (parts[2] !== 't') return pathname
  return [...parts.slice(0, 4), environment, ...parts.slice(5)].join('/')
}

export function TenantSwitcher({ tenant }: { tenant: string }) {
  const { t } = useTranslation('common')
  const router = useRouter()
  const me = useMe()
  const all = useQuery({
    ...orpc.tenancy.list.queryOptions({ input: { limit: 200 } }),
    enabled: me?.user.platformAdmin === true,
  })
  const mine = me?.memberships.map((membership) => membership.tenant) ?? []
  const tenants = all.data?.data ?? mine
  const current = tenants.find((candidate) => candidate.name === tenant)
  return (
    <Menu
      label={t('shell.tenant')}
      trigger={
        <Button
          aria-label={`${t('shell.tenant')}: ${current?.title ?? tenant}`}
          className={cx(triggerClass, 'min-w-0')}
        >
          <Avatar name={current?.title ?? tenant} shape="square" size={20} />
          <span className="truncate">{current?.title ?? tenant}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-faint" />
        </Button>
      }
      groups={[
        {
          id: 'tenants',
          title: t('shell.tenant'),
          items: tenants.map((candidate) => ({
            id: candidate.name,
            label: candidate.title,
            detail: candidate.name,
            mark: <Avatar name={candidate.title} shape="square" size={20} />,
            isSelected: candidate.name === tenant,
            onAction: () =>
              void router.navigate({ href: inTenant(router.state.location.pathname, candidate.name) }),
          })),
        },
        {
          id: 'platform',
          items: me?.user.platformAdmin
            ? [
                {
                  id: '/tenants',
                  label: t('shell.allTenants'),
                  icon: Building2,
                  onAction: () => void router.navigate({ to: '/tenants' }),
                },
                {
                  id: '/identity-providers',
                  label: t('shell.identityProviders'),
                  icon: KeyRound,
                  onAction: () => void router.navigate({ to: '/identity-providers' }),
                },
                {
                  id: '/blocklist',
                  label: t('shell.blocklist'),
                  icon: Ban,
                  onAction: () => void router.navigate({ to: '/blocklist' }),
                },
                {
                  id: '/certificates',
                  label: t('shell.certificates'),
                  icon: ShieldCheck,
                  onAction: () => void router.navigate({ to: '/certificates', search: {} }),
                },
                {
                  id: '/event-sinks',
                  label: t('shell.eventSinks'),
                  icon: Radio,
                  onAction: () => void router.navigate({ to: '/event-sinks' }),
                },
              ]
            : [],
        },
      ]}
    />
  )
}

export function EnvironmentSwitcher({ environment }: { environment: string }) {
  const { t } = useTranslation('common')
  const router = useRouter()
  const query = useQuery(environmentsQuery())
  const environments = query.data?.data ?? []
  const current = environments.find((candidate) => candidate.name === environment)
  return (
    <Menu
      label={t('shell.environment')}
      trigger={
        <Button
          aria-label={`${t('shell.environment')}: ${current?.title ?? environment}`}
          className={cx(
            // Where one works must be readable whole; the tenant's name gives way.
            triggerClass,
            'shrink-0',
            current?.production && 'bg-danger-soft text-danger data-hovered:bg-danger-soft',
          )}
        >
          <Dot tone={current?.production ? 'danger' : 'info'} />
          <span className="truncate max-sm:max-w-40">{current?.title ?? environment}</span>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 opacity-60" />
        </Button>
      }
      groups={[
        {
          id: 'environments',
          title: t('shell.environment'),
          items: environments.map((candidate) => ({
            id: candidate.name,
            label: candidate.title,
            ...(candidate.production ? { detail: t('shell.production') } : {}),
            mark: <Dot tone={candidate.production ? 'danger' : 'info'} />,
            isSelected: candidate.name === environment,
            onAction: () => {
              const { pathname, searchStr } = router.state.location
              void router.navigate({ href: `${inEnvironment(pathname, candidate.name)}${searchStr}` })
            },
          })),
        },
      ]}
    />
  )
}
