// Findings: attacks and anomalies in the traffic of an environment, filtered in the URL; one opens beside the list.

import type { Finding } from '@gatewright/shared/contract/findings'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { usePages } from '../../api/rows.ts'
import { StateChip, type Tone } from '../../ui/badge.tsx'
import { Segmented } from '../../ui/choice.tsx'
import { type Column, DataTable, RowLink } from '../../ui/data-table.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { useListSearch } from '../../ui/list-search.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState, ErrorState, Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { FindingStory } from './story.tsx'

const route = getRouteApi('/insights/t/$tenant/$env/findings')

const severityTones: Record<Finding['severity'], Tone> = {
  low: 'neutral',
  medium: 'info',
  high: 'warning',
  critical: 'danger',
}
const patterns = [
  'credential_stuffing',
  'distributed_guessing',
  'enumeration',
  'error_anomaly',
  'volume_anomaly',
] as const satisfies readonly Finding['pattern'][]
const everyMs = 15_000

export function FindingsPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const { t } = useTranslation('insights')
  const format = useFormat()
  const { state, pattern, open } = search
  const { set, clear } = useListSearch({ state, pattern, open }, ['open'])
  const source = usePages(
    orpc.findings.list,
    { tenant, environment: env, state, pattern },
    { refetchInterval: everyMs },
  )
  const columns: Column<Finding>[] = [
    {
      id: 'what',
      header: t('findings.column.what'),
      card: 'title',
      cell: (finding) => (
        <span className="flex min-w-0 flex-col">
          <RowLink
            to="/insights/t/$tenant/$env/findings"
            params={{ tenant, env }}
            search={{ ...search, open: finding.id }}
            replace
          >
            {t(`findings.pattern.${finding.pattern}`)}
          </RowLink>
          <span className="truncate text-sm text-muted">{finding.client.title}</span>
        </span>
      ),
    },
    {
      id: 'severity',
      header: t('findings.column.severity'),
      width: '7rem',
      card: 'aside',
      cell: (finding) => (
        <StateChip tone={severityTones[finding.severity]}>
          {t(`findings.severity.${finding.severity}`)}
        </StateChip>
      ),
    },
    {
      id: 'count',
      header: t('findings.column.count'),
      width: '6rem',
      align: 'end',
      cell: (finding) => <span className="tabular">{format.count(finding.count)}</span>,
    },
    {
      id: 'last',
      header: t('findings.column.last'),
      width: '10rem',
      cell: (finding) =>
        finding.closedAt === null ? (
          <span className="font-medium text-danger">{t('findings.lasting')}</span>
        ) : (
          <span className="text-muted">
            <Time at={finding.lastAt} />
          </span>
        ),
    },
    {
      id: 'state',
      header: t('findings.column.state'),
      width: '9rem',
      cell: (finding) => <span className="text-muted">{t(`findings.state.${finding.state}`)}</span>,
    },
  ]
  return (
    <Page>
      <PageHeader title={t('findings.title')} sentence={t('findings.sentence')} />
      <DataTable
        label={t('findings.title')}
        columns={columns}
        source={source}
        rowId={(finding) => finding.id}
        isDimmed={(finding) => finding.state === 'dismissed'}
        filters={
          <>
            <Segmented
              label={t('findings.column.state')}
              value={state ?? 'all'}
              onChange={(next) => set({ state: next === 'all' ? undefined : next })}
              options={(['all', 'open', 'acknowledged', 'dismissed'] as const).map((value) => ({
                value,
                label: t(`findings.state.${value}`),
              }))}
            />
            <Select
              label={t('findings.column.what')}
              labelHidden
              value={pattern ?? 'all'}
              onChange={(next) => set({ pattern: next === 'all' ? undefined : next })}
              options={(['all', ...patterns] as const).map((value) => ({
                value,
                label: t(`findings.pattern.${value}`),
              }))}
            />
          </>
        }
        onClearFilters={clear}
        empty={
          <EmptyState icon={ShieldCheck} title={t('findings.empty')} sentence={t('findings.emptySentence')} />
        }
      />
      {open ? (
        <StoryDrawer tenant={tenant} env={env} id={open} onClose={() => set({ open: undefined })} />
      ) : null}
    </Page>
  )
}

interface StoryProps {
  tenant: string
  env: string
  id: string
  onClose(): void
}

function StoryDrawer({ tenant, env, id, onClose }: StoryProps) {
  const { t } = useTranslation('insights')
  const query = useQuery(
    orpc.findings.get.queryOptions({
      input: { tenant, finding: id as Finding['id'] },
      refetchInterval: everyMs,
    }),
  )
  const finding = query.data
  return (
    <Drawer
      isOpen
      onClose={onClose}
      size="lg"
      title={finding ? t(`findings.pattern.${finding.pattern}`) : t('findings.one')}
      sentence={finding?.client.title}
    >
      {finding ? (
        <FindingStory finding={finding} tenant={tenant} env={env} />
      ) : query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Skeleton className="h-80 w-full" />
      )}
    </Drawer>
  )
}
