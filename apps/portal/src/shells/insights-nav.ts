// Menu of the insights face, and where a pasted id leads.

import {
  Activity,
  Boxes,
  FileSearch,
  Gauge,
  LayoutDashboard,
  ScrollText,
  ShieldAlert,
  TriangleAlert,
  Users,
} from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { stringifySearch } from '../search-params.ts'
import type { NavGroup } from './frame.tsx'

const kept = ['from', 'to', 'api', 'apiVersion', 'application', 'plan', 'route', 'method', 'statusClass']

/** The range and filters of the page go along to the next one. */
export function useInsightsNav(
  tenant: string,
  environment: string,
  current: Readonly<Record<string, unknown>>,
): { nav: NavGroup[]; pathOfId(id: string): string | undefined } {
  const { t } = useTranslation('insights')
  const search = stringifySearch(Object.fromEntries(kept.map((name) => [name, current[name]])))
  const nav: NavGroup[] = [
    {
      id: 'questions',
      items: [
        { label: t('nav.overview'), icon: LayoutDashboard, path: '' },
        { label: t('nav.traffic'), icon: Activity, path: 'traffic' },
        { label: t('nav.latency'), icon: Gauge, path: 'latency' },
        { label: t('nav.errors'), icon: TriangleAlert, path: 'errors' },
        { label: t('nav.apis'), icon: Boxes, path: 'apis' },
        { label: t('nav.consumers'), icon: Users, path: 'consumers' },
        { label: t('nav.documents'), icon: FileSearch, path: 'documents' },
        { label: t('nav.requests'), icon: ScrollText, path: 'requests' },
        { label: t('nav.findings'), icon: ShieldAlert, path: 'findings' },
      ].map((item) => ({ ...item, search })),
    },
  ]
  const pathOfId = (id: string) =>
    id.startsWith('req_') || id.includes('-')
      ? `/insights/t/${tenant}/${environment}/requests/${id}`
      : undefined
  return { nav, pathOfId }
}
