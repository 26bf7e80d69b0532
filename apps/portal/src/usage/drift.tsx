// Where messages are not what the document says: what, how often and since when.

import type { DriftEntry } from '@gatewright/shared/contract/analytics'
import { ShieldCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../api/client.ts'
import { usePages } from '../api/rows.ts'
import { Badge, MethodBadge, type Tone } from '../ui/badge.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { useFormat } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { EmptyState } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { CsvButton } from './csv-button.tsx'
import { type UsagePlace, usageInput } from './unused.tsx'

const tones: Record<DriftEntry['kind'], Tone> = {
  'undeclared-field': 'info',
  'undeclared-parameter': 'info',
  'undeclared-status': 'info',
  'undeclared-media-type': 'info',
  missing: 'warning',
  'wrong-type': 'danger',
  'wrong-value': 'warning',
  'not-readable': 'danger',
}

export function DriftList({ place, actions }: { place: UsagePlace; actions?: React.ReactNode }) {
  const { t } = useTranslation('usage')
  const format = useFormat()
  const input = usageInput(place)
  const source = usePages(orpc.analytics.drift, input)
  const columns: Column<DriftEntry>[] = [
    {
      id: 'where',
      header: t('drift.column.where'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 flex-col gap-0.5 py-1">
          <code className="font-medium break-all">
            {row.pointer === '' ? t(`drift.whole.${row.direction}`) : row.pointer}
          </code>
          <span className="flex min-w-0 items-center gap-2 text-sm text-muted">
            <MethodBadge method={row.method} />
            <code className="break-all">{row.template}</code>
          </span>
        </span>
      ),
    },
    ...(place.api === undefined
      ? [
          {
            id: 'api',
            header: t('drift.column.api'),
            width: '10rem',
            isWideOnly: true,
            cell: (row: DriftEntry) => `${row.api.title} ${row.apiVersion}`,
          },
        ]
      : []),
    {
      id: 'kind',
      header: t('drift.column.kind'),
      width: '16rem',
      cell: (row) => (
        <span className="flex flex-wrap items-center gap-1.5 max-sm:justify-end">
          <Badge tone={tones[row.kind]}>{t(`drift.kind.${row.kind}`)}</Badge>
          <span className="text-sm text-muted">
            {row.observed ? t('drift.observed', { type: row.observed }) : row.rule}
          </span>
        </span>
      ),
    },
    {
      id: 'in',
      header: t('drift.column.in'),
      width: '9rem',
      isWideOnly: true,
      cell: (row) => <span className="text-muted">{t(`drift.in.${row.direction}`, { place: row.in })}</span>,
    },
    {
      id: 'count',
      header: t('drift.column.count'),
      width: '6rem',
      align: 'end',
      cell: (row) => <span className="tabular font-medium">{format.count(row.count)}</span>,
    },
    {
      id: 'firstAt',
      header: t('drift.column.firstAt'),
      width: '9rem',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.firstAt} />
        </span>
      ),
    },
    {
      id: 'lastAt',
      header: t('drift.column.lastAt'),
      width: '9rem',
      cell: (row) => <Time at={row.lastAt} />,
    },
  ]
  return (
    <Section
      title={t('drift.title')}
      sentence={t('drift.sentence')}
      actions={
        <span className="flex flex-wrap gap-2">
          {actions}
          <CsvButton
            name="drift.csv"
            head={[
              ...['api', 'version', 'direction', 'method', 'template', 'in', 'pointer', 'rule', 'observed'],
              ...['count', 'first_at', 'last_at'],
            ]}
            row={(row: DriftEntry) => [
              ...[row.api.name, row.apiVersion, row.direction, row.method, row.template, row.in, row.pointer],
              ...[row.rule, row.observed, row.count, row.firstAt, row.lastAt],
            ]}
            page={(cursor) => client.analytics.drift({ ...input, limit: 200, ...(cursor ? { cursor } : {}) })}
            isDisabled={!source.rows?.length}
          />
        </span>
      }
    >
      <DataTable
        label={t('drift.title')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        empty={<EmptyState icon={ShieldCheck} title={t('drift.none')} sentence={t('drift.noneSentence')} />}
      />
    </Section>
  )
}
