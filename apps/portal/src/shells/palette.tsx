// ⌘K with what every face knows: pages of this face, APIs by name, other faces and tenants, the theme, pasted ids.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useRouter, useRouterState } from '@tanstack/react-router'
import { BarChart3, Boxes, Building2, Compass, Fingerprint, Settings2, SunMoon } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../api/client.ts'
import { facesOf, useMay, useMe } from '../api/session.ts'
import { type Command, CommandPalette } from '../ui/command-palette.tsx'
import { setTheme, useIsDark } from '../ui/theme.ts'
import { homeOfTenant } from './home.ts'

export interface PaletteProps {
  isOpen: boolean
  onClose(): void
  /** What was typed before it could appear. */
  takeTyped(): string
  commands: readonly Command[]
  tenant: string
  pathOfId?: (id: string) => string | undefined
}

/** `req_…`, `api_…`: a known prefix, an underscore and letters or digits. Request ids of callers may also be UUIDs. */
const idPattern = /^(?:[a-z]{3}_[0-9a-z]{6,}|[0-9a-f]{8}-[0-9a-f-]{27})$/i

export function Palette({ isOpen, onClose, takeTyped, commands, tenant, pathOfId }: PaletteProps) {
  const { t } = useTranslation('common')
  const router = useRouter()
  const me = useMe()
  const dark = useIsDark()
  const go = (href: string) => void router.navigate({ href })
  const faces = facesOf(me, tenant)
  const [text, setText] = useState('')
  const apis = useApis(tenant, isOpen && pathOfId?.('api_') ? text : '')
  const everywhere: Command[] = [
    {
      id: 'face:developer',
      title: t('shell.developer'),
      group: t('palette.goTo'),
      icon: Compass,
      run: () => go(`/p/${tenant}`),
    },
    ...(faces.includes('admin')
      ? [
          {
            id: 'face:admin',
            title: t('shell.admin'),
            group: t('palette.goTo'),
            icon: Settings2,
            run: () => go(`/admin/t/${tenant}`),
          },
        ]
      : []),
    ...(faces.includes('insights')
      ? [
          {
            id: 'face:insights',
            title: t('shell.insights'),
            group: t('palette.goTo'),
            icon: BarChart3,
            run: () => go(`/insights/t/${tenant}`),
          },
        ]
      : []),
    ...(me?.memberships ?? [])
      .filter((membership) => membership.tenant.name !== tenant)
      .map((membership) => ({
        id: `tenant:${membership.tenant.name}`,
        title: t('palette.switchTenant', { name: membership.tenant.title }),
        group: t('shell.tenant'),
        icon: Building2,
        run: () => {
          if (me) go(homeOfTenant(me, membership.tenant.name))
        },
      })),
    {
      id: 'theme',
      title: t('palette.toggleTheme'),
      group: t('palette.actions'),
      icon: SunMoon,
      run: () => setTheme(dark ? 'light' : 'dark'),
    },
  ]
  return (
    <CommandPalette
      isOpen={isOpen}
      onClose={onClose}
      takeTyped={takeTyped}
      commands={[...commands, ...everywhere]}
      onText={setText}
      fromText={(typed) => {
        const path = idPattern.test(typed) ? pathOfId?.(typed) : undefined
        if (path) {
          return [
            {
              id: 'open-id',
              title: t('palette.openId', { id: typed }),
              group: t('palette.ids'),
              icon: Fingerprint,
              run: () => go(path),
            },
          ]
        }
        return apis.flatMap((api) => {
          const page = pathOfId?.(api.id)
          return page
            ? [{ id: api.id, title: api.title, group: t('palette.apis'), icon: Boxes, run: () => go(page) }]
            : []
        })
      }}
    />
  )
}

/** APIs that fit the text: in the portal those of the catalogue, else drafts too. */
function useApis(tenant: string, text: string): readonly { id: string; title: string }[] {
  const isPortal = useRouterState({ select: (state) => state.location.pathname.startsWith('/p/') })
  const may = useMay(tenant)
  const enabled = text.length >= 2
  const input = { tenant, search: text, limit: 6 }
  const drafts = useQuery({
    ...orpc.apis.list.queryOptions({ input, placeholderData: keepPreviousData }),
    enabled: enabled && !isPortal && may('api:read'),
  })
  const catalogue = useQuery({
    ...orpc.catalogue.list.queryOptions({ input, placeholderData: keepPreviousData }),
    enabled: enabled && isPortal,
  })
  return (enabled && (isPortal ? catalogue : drafts).data?.data) || []
}
