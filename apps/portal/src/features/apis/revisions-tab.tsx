// The published revisions of a version: who froze them, why, and where each runs now; any of them can be deployed again.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ArrowUpFromLine, History } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOf } from '../../api/rows.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { ConfigChanges } from '../../ui/config-changes.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Section } from '../../ui/page.tsx'
import { EmptyState, Loaded } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { useApiPlace } from './place.ts'
import { apiRevisionsQuery, changesQuery, environmentsQuery, versionQuery } from './queries.ts'

const PromoteDialog = lazy(async () => ({ default: (await import('./promote-dialog.tsx')).PromoteDialog }))

interface ApiRevision {
  number: number
  hash: string
  note: string
  createdAt: string
  createdBy: string
  environments: readonly string[]
}

export function RevisionsTab() {
  const { tenant, env, place } = useApiPlace()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const source = rowsOf<ApiRevision>(useInfiniteQuery(apiRevisionsQuery(place)))
  const version = useQuery(versionQuery(place)).data
  const environment = useQuery(environmentsQuery).data?.data.find((candidate) => candidate.name === env)
  const draft = useQuery(changesQuery(place))
  const [chosen, setChosen] = useState<number>()

  const columns: Column<ApiRevision>[] = [
    {
      id: 'number',
      header: t('api.history.revision'),
      width: '7rem',
      card: 'title',
      cell: (row) => <span className="tabular font-medium">{row.number}</span>,
    },
    {
      id: 'note',
      header: t('api.history.note'),
      cell: (row) => row.note || <span className="text-faint">–</span>,
    },
    {
      id: 'where',
      header: t('api.history.runs'),
      width: '14rem',
      cell: (row) => (
        <span className="flex flex-wrap gap-1 max-sm:justify-end">
          {row.environments.map((name) => (
            <Badge key={name} tone={name === env ? 'accent' : 'neutral'}>
              {name}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      id: 'by',
      header: t('api.history.by'),
      width: '11rem',
      cell: (row) => <span className="text-muted">{row.createdBy}</span>,
    },
    {
      id: 'at',
      header: t('api.history.at'),
      width: '10rem',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.createdAt} />
        </span>
      ),
    },
    {
      id: 'hash',
      header: t('api.history.hash'),
      width: '9rem',
      isWideOnly: true,
      card: 'hidden',
      cell: (row) => (
        <span className="flex items-center gap-1">
          <code className="text-faint">{row.hash.slice(0, 8)}</code>
          <CopyButton text={row.hash} />
        </span>
      ),
    },
    {
      id: 'action',
      header: '',
      width: '8rem',
      align: 'end',
      cell: (row) =>
        may('api:publish') && !row.environments.includes(env) ? (
          <Button size="sm" icon={ArrowUpFromLine} onPress={() => setChosen(row.number)}>
            {t('api.history.deploy')}
          </Button>
        ) : null,
    },
  ]
  return (
    <div className="flex flex-col gap-8">
      <Loaded query={draft}>
        {({ changes, against }) =>
          changes.length > 0 && against !== null ? (
            <Section
              title={t('api.history.draft')}
              sentence={t('api.history.draftSentence', { revision: against })}
            >
              <ConfigChanges changes={changes} />
            </Section>
          ) : null
        }
      </Loaded>
      <Section title={t('api.history.title')} sentence={t('api.history.sentence')}>
        <DataTable
          label={t('api.history.title')}
          columns={columns}
          source={source}
          rowId={(row) => String(row.number)}
          empty={
            <EmptyState
              icon={History}
              title={t('api.history.empty')}
              sentence={t('api.history.emptySentence')}
            />
          }
        />
      </Section>
      <Suspense>
        {chosen !== undefined && environment && version ? (
          <PromoteDialog
            place={place}
            environment={environment}
            isDraftClean={version.unpublishedChanges === 0}
            revision={chosen}
            onClose={() => setChosen(undefined)}
          />
        ) : null}
      </Suspense>
    </div>
  )
}
