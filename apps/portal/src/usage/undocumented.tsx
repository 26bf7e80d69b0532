// What callers ask for that no document describes.

import type { UndocumentedCall } from '@gatewright/shared/contract/analytics'
import { FileCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../api/client.ts'
import { usePages } from '../api/rows.ts'
import { Badge, MethodBadge } from '../ui/badge.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { useFormat } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { EmptyState } from '../ui/states.tsx'
import { Time } from '../ui/time.tsx'
import { CsvButton } from './csv-button.tsx'
import { type UsagePlace, usageInput } from './unused.tsx'

export function UndocumentedList({ place }: { place: UsagePlace }) {
  const { t } = useTranslation('usage')
  const format = useFormat()
  const input = usageInput(place)
  const source = usePages(orpc.analytics.undocumented, input)
  const columns: Column<UndocumentedCall>[] = [
    {
      id: 'operation',
      header: t('undocumented.column.operation'),
      card: 'title',
      cell: (row) =>
        row.template === '*' ? (
          <span className="text-muted">{t('undocumented.others')}</span>
        ) : (
          <span className="flex min-w-0 items-center gap-2">
            <MethodBadge method={row.method} />
            <code className="break-all">{row.template}</code>
          </span>
        ),
    },
    ...(place.api === undefined
      ? [
          {
            id: 'api',
            header: t('undocumented.column.api'),
            width: '14rem',
            cell: (row: UndocumentedCall) => `${row.api.title} ${row.apiVersion}`,
          },
        ]
      : []),
    {
      id: 'kind',
      header: t('undocumented.column.kind'),
      width: '10rem',
      cell: (row) => (
        <Badge tone={row.answered ? 'info' : 'warning'}>
          {row.answered ? t('undocumented.answered') : t('undocumented.refused')}
        </Badge>
      ),
    },
    {
      id: 'calls',
      header: t('undocumented.column.calls'),
      width: '7rem',
      align: 'end',
      cell: (row) => <span className="tabular font-medium">{format.count(row.calls)}</span>,
    },
    {
      id: 'firstAt',
      header: t('undocumented.column.firstAt'),
      width: '10rem',
      isWideOnly: true,
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.firstAt} />
        </span>
      ),
    },
    {
      id: 'lastAt',
      header: t('undocumented.column.lastAt'),
      width: '10rem',
      cell: (row) => <Time at={row.lastAt} />,
    },
  ]
  return (
    <Section
      title={t('undocumented.title')}
      sentence={t('undocumented.sentence')}
      actions={
        <CsvButton
          name="undocumented.csv"
          head={['api', 'version', 'method', 'template', 'answered', 'calls', 'first_at', 'last_at']}
          row={(row: UndocumentedCall) => [
            ...[row.api.name, row.apiVersion, row.method, row.template, String(row.answered)],
            ...[row.calls, row.firstAt, row.lastAt],
          ]}
          page={(cursor) =>
            client.analytics.undocumented({ ...input, limit: 200, ...(cursor ? { cursor } : {}) })
          }
          isDisabled={!source.rows?.length}
        />
      }
    >
      <DataTable
        label={t('undocumented.title')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        empty={
          <EmptyState
            icon={FileCheck}
            title={t('undocumented.none')}
            sentence={t('undocumented.noneSentence')}
          />
        }
      />
    </Section>
  )
}
