// What nobody used for so long, each row leading to where it can be retired.

import type { UnusedThing } from '@gatewright/shared/contract/analytics'
import { CircleCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../api/client.ts'
import { usePages } from '../api/rows.ts'
import { MethodBadge } from '../ui/badge.tsx'
import { type Column, DataTable, RowLink } from '../ui/data-table.tsx'
import { LifecycleChip } from '../ui/lifecycle-chip.tsx'
import { Section } from '../ui/page.tsx'
import { EmptyState } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { CsvButton } from './csv-button.tsx'
import type { Days } from './days.tsx'

export interface UsagePlace {
  tenant: string
  env: string
  days: Days
  /** Absent: of all APIs. */
  api?: string
  apiVersion?: string
}

export type UnusedOf = 'apis' | 'versions' | 'operations' | 'keys'

export const usageInput = ({ tenant, env, days, api, apiVersion }: UsagePlace) => ({
  tenant,
  environment: env,
  days: Number(days),
  ...(api ? { api } : {}),
  ...(apiVersion ? { apiVersion } : {}),
})

export function UnusedList({
  place,
  of,
  filters,
}: {
  place: UsagePlace
  of: UnusedOf
  filters?: React.ReactNode
}) {
  const { t } = useTranslation('usage')
  const { tenant, env } = place
  const input = { ...usageInput(place), of }
  const source = usePages(orpc.analytics.unused, input)
  const ofApi = place.api !== undefined
  const name: Record<UnusedOf, Column<UnusedThing>> = {
    operations: {
      id: 'operation',
      header: t('unused.column.operation'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2">
          <MethodBadge method={row.method ?? ''} />
          <RowLink
            to="/admin/t/$tenant/$env/apis/$api/routes"
            params={{ tenant, env, api: row.api?.name ?? '' }}
            search={{ ...(row.apiVersion ? { version: row.apiVersion } : {}), route: row.id }}
          >
            <code className="break-all">{row.template}</code>
          </RowLink>
        </span>
      ),
    },
    versions: {
      id: 'version',
      header: t('unused.column.version'),
      card: 'title',
      cell: (row) => (
        <span className="flex flex-wrap items-center gap-2">
          <RowLink
            to="/admin/t/$tenant/$env/apis/$api"
            params={{ tenant, env, api: row.api?.name ?? '' }}
            search={row.apiVersion ? { version: row.apiVersion } : {}}
          >
            {`${row.api?.title ?? ''} ${row.apiVersion ?? ''}`}
          </RowLink>
          {row.lifecycle ? <LifecycleChip lifecycle={row.lifecycle} /> : null}
        </span>
      ),
    },
    apis: {
      id: 'api',
      header: t('unused.column.api'),
      card: 'title',
      cell: (row) => (
        <RowLink to="/admin/t/$tenant/$env/apis/$api" params={{ tenant, env, api: row.api?.name ?? '' }}>
          {row.api?.title}
        </RowLink>
      ),
    },
    keys: {
      id: 'key',
      header: t('unused.column.key'),
      card: 'title',
      cell: (row) => <code className="break-all">{row.key}</code>,
    },
  }
  const columns: Column<UnusedThing>[] = [
    name[of],
    ...(of === 'operations' && !ofApi
      ? [
          {
            id: 'api',
            header: t('unused.column.api'),
            width: '14rem',
            cell: (row: UnusedThing) => `${row.api?.title ?? ''} ${row.apiVersion ?? ''}`,
          },
        ]
      : []),
    ...(of === 'keys'
      ? [
          {
            id: 'application',
            header: t('unused.column.application'),
            width: '14rem',
            cell: (row: UnusedThing) => row.application?.title,
          },
        ]
      : []),
    {
      id: 'since',
      header: t('unused.column.since'),
      width: '10rem',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.since} />
        </span>
      ),
    },
    {
      id: 'lastAt',
      header: t('unused.column.lastAt'),
      width: '10rem',
      cell: (row) =>
        row.lastAt ? <Time at={row.lastAt} /> : <span className="text-faint">{t('never')}</span>,
    },
  ]
  return (
    <Section
      title={t('unused.title')}
      sentence={t('unused.sentence')}
      actions={
        <span className="flex flex-wrap gap-2">
          {filters}
          <CsvButton
            name={`unused-${of}.csv`}
            head={['id', 'api', 'version', 'method', 'template', 'application', 'key', 'since', 'last_at']}
            row={(row: UnusedThing) => [
              ...[row.id, row.api?.name ?? null, row.apiVersion, row.method, row.template],
              ...[row.application?.name ?? null, row.key, row.since, row.lastAt],
            ]}
            page={(cursor) =>
              client.analytics.unused({ ...input, limit: 200, ...(cursor ? { cursor } : {}) })
            }
            isDisabled={!source.rows?.length}
          />
        </span>
      }
    >
      <DataTable
        label={`${t('unused.title')}: ${t(`unused.of.${of}`)}`}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        empty={<EmptyState icon={CircleCheck} title={t('unused.none')} sentence={t('unused.noneSentence')} />}
      />
    </Section>
  )
}
