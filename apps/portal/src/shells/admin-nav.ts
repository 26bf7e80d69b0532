// Menu of the admin face, cut to what the role may see, and where a pasted id leads.

import { useQuery } from '@tanstack/react-query'
import {
  BadgeCheck,
  Ban,
  Blocks,
  Boxes,
  History,
  House,
  Inbox,
  ScrollText,
  Server,
  Settings2,
  ShieldCheck,
  SquareTerminal,
  Ticket,
  Users,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../api/client.ts'
import { useMay } from '../api/session.ts'
import type { NavGroup } from './frame.tsx'

export function useAdminNav(
  tenant: string,
  environment: string,
): { nav: NavGroup[]; pathOfId(id: string): string | undefined } {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const base = `/admin/t/${tenant}/${environment}`
  const waiting = useQuery({
    ...orpc.subscriptions.list.queryOptions({
      input: { tenant, state: 'pending', limit: 100 },
      refetchInterval: 30_000,
    }),
    enabled: may('subscription:decide'),
  }).data?.data.length
  const nav: NavGroup[] = [
    { id: 'home', items: [{ label: t('nav.home'), icon: House, path: '' }] },
    {
      id: 'publish',
      title: t('nav.publish'),
      items: [
        {
          label: t('nav.apis'),
          icon: Boxes,
          path: 'apis',
          covers: ['import'],
          isHidden: !may('api:read'),
        },
        { label: t('nav.policies'), icon: ShieldCheck, path: 'policies', isHidden: !may('api:read') },
        { label: t('nav.products'), icon: BadgeCheck, path: 'products', isHidden: !may('product:read') },
      ],
    },
    {
      id: 'access',
      title: t('nav.access'),
      items: [
        {
          label: t('nav.approvals'),
          icon: Inbox,
          path: 'approvals',
          count: waiting,
          isHidden: !may('subscription:decide'),
        },
        {
          label: t('nav.subscriptions'),
          icon: Ticket,
          path: 'subscriptions',
          isHidden: !may('subscription:read'),
        },
        {
          label: t('nav.applications'),
          icon: Blocks,
          path: 'applications',
          isHidden: !may('application:read'),
        },
        { label: t('nav.blocklist'), icon: Ban, path: 'blocklist', isHidden: !may('block:read') },
      ],
    },
    {
      id: 'operate',
      title: t('nav.operate'),
      items: [
        { label: t('nav.gateways'), icon: Server, path: 'gateways', isHidden: !may('gateway:read') },
        {
          label: t('nav.revisions'),
          icon: History,
          path: 'revisions',
          isHidden: !may('gateway:read') && !may('api:read'),
        },
        { label: t('nav.explain'), icon: SquareTerminal, path: 'explain', isHidden: !may('explain:use') },
      ],
    },
    {
      id: 'tenant',
      title: t('nav.tenant'),
      items: [
        { label: t('nav.members'), icon: Users, path: 'members', isHidden: !may('member:read') },
        { label: t('nav.audit'), icon: ScrollText, path: 'audit', isHidden: !may('audit:read') },
        { label: t('nav.settings'), icon: Settings2, path: 'settings', isHidden: !may('tenant:write') },
      ],
    },
  ]
  const pathOf: Record<string, (id: string) => string> = {
    api: (id) => `apis/${id}`,
    prd: (id) => `products/${id}`,
    app: (id) => `applications/${id}`,
    sub: (id) => `subscriptions?open=${id}`,
    aud: (id) => `audit?event=${id}`,
    gtw: (id) => `gateways?gateway=${id}`,
  }
  const pathOfId = (id: string) => {
    const path = pathOf[id.slice(0, 3)]
    if (path) return `${base}/${path(id)}`
    return id.startsWith('req_') || id.includes('-')
      ? `/insights/t/${tenant}/${environment}/requests/${id}`
      : undefined
  }
  return { nav, pathOfId }
}
