// Publish: where to, what changes there, and who feels it.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { Activity, Rocket, Users } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { Badge } from '../../ui/badge.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { ConfigChanges } from '../../ui/config-changes.tsx'
import { useFormat } from '../../ui/format.ts'
import { ReleaseDialog } from '../../ui/release-dialog.tsx'
import { ErrorState, More, Skeleton } from '../../ui/states.tsx'
import { FindingList } from './findings.tsx'
import { changesQuery, environmentsQuery, forgetApis, type VersionPlace } from './queries.ts'

interface PublishDialogProps {
  title: string
  version: ApiVersion
  place: VersionPlace
  /** The environment of the page; chosen first. */
  env: string
  onClose(): void
}

type Differences = Awaited<ReturnType<typeof client.versions.changes>>

export function PublishDialog({ title, version, place, env, onClose }: PublishDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const environments = useQuery(environmentsQuery).data?.data ?? []
  const [chosen, setChosen] = useState<readonly string[]>([env])
  const differences = useQueries({ queries: chosen.map((name) => changesQuery(place, name)) })
  const publish = useMutation({
    mutationFn: (note: string) => client.publishing.publish({ ...place, environments: [...chosen], note }),
    onSuccess: () => forgetApis(queryClient),
  })
  const titleOf = (name: string) => environments.find((candidate) => candidate.name === name)?.title ?? name
  // Also without a choice: then there is nowhere to publish to.
  const isPointless = differences.every(
    ({ data }) => data !== undefined && data.against !== null && data.changes.length === 0,
  )
  // The gateways would refuse it: better to hear it here.
  const isRefused = differences.some(({ data }) => data?.findings.some(({ level }) => level === 'error'))
  return (
    <ReleaseDialog
      release={publish}
      title={t('api.publishDialog.title', { title, version: version.name })}
      action={
        chosen.length === 1
          ? t('api.publishDialog.publishTo', { environment: titleOf(chosen[0] ?? '') })
          : t('api.publishDialog.publish')
      }
      icon={Rocket}
      isDisabled={isPointless || isRefused}
      isNoteRequired={environments.some(({ production, name }) => production && chosen.includes(name))}
      doneTitle={({ apiRevision }) => t('api.publishDialog.published', { revision: apiRevision.number })}
      onClose={onClose}
    >
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-sm font-medium">{t('api.publishDialog.environments')}</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-2">
          {environments.map((candidate) => (
            <Checkbox
              key={candidate.name}
              isSelected={chosen.includes(candidate.name)}
              onChange={(selected) =>
                setChosen(
                  selected ? [...chosen, candidate.name] : chosen.filter((name) => name !== candidate.name),
                )
              }
            >
              <span className="flex items-center gap-2">
                {candidate.title}
                {candidate.production && candidate.title !== t('production') ? (
                  <Badge tone="danger">{t('production')}</Badge>
                ) : null}
              </span>
            </Checkbox>
          ))}
        </div>
        {chosen.length === 0 ? (
          <p className="text-sm text-danger">{t('api.publishDialog.chooseOne')}</p>
        ) : null}
      </fieldset>
      {differences.map(({ data, error, refetch }, index) => {
        const name = chosen[index] ?? ''
        if (error) return <ErrorState key={name} error={error} onRetry={() => void refetch()} />
        if (!data) return <Skeleton key={name} className="h-24 w-full" />
        return (
          <Difference
            key={name}
            difference={data}
            environment={titleOf(name)}
            routeCount={version.routeCount}
          />
        )
      })}
    </ReleaseDialog>
  )
}

/** Between the draft and what runs in one environment. */
function Difference({
  difference: { against, changes, impact, findings },
  environment,
  routeCount,
}: {
  difference: Differences
  environment: string
  routeCount: number
}) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  return (
    <section className="flex flex-col gap-2">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h3 className="font-medium">
          {against === null
            ? t('api.publishDialog.againstNone', { environment })
            : t('api.publishDialog.against', { revision: against, environment })}
        </h3>
        <span className="tabular text-sm text-muted">
          {t('api.publishDialog.changes', { count: changes.length })}
        </span>
      </div>
      {against === null ? (
        <>
          <p className="text-muted">{t('api.publishDialog.firstDetail', { count: routeCount })}</p>
          {changes.length > 0 ? (
            <More summary={t('api.publishDialog.everything', { count: changes.length })}>
              <ConfigChanges changes={changes} maxHeight="18rem" />
            </More>
          ) : null}
        </>
      ) : changes.length === 0 ? (
        <p className="text-muted">{t('api.publishDialog.noChanges')}</p>
      ) : (
        <ConfigChanges changes={changes} maxHeight="18rem" />
      )}
      {findings.length > 0 ? (
        <div className="rounded-lg border border-line bg-surface px-3 py-1">
          <FindingList findings={findings.map((finding) => ({ ...finding, line: null, column: null }))} />
        </div>
      ) : null}
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm text-muted">
        <span className="inline-flex items-center gap-1.5">
          <Users size={14} aria-hidden />
          {t('api.publishDialog.subscribers', { count: impact.subscribers })}
        </span>
        <span className="inline-flex items-center gap-1.5">
          <Activity size={14} aria-hidden />
          {t('api.publishDialog.requests', {
            count: impact.requestsLastDay,
            formatted: format.count(impact.requestsLastDay),
          })}
        </span>
      </p>
    </section>
  )
}
