// Publish: what changes, who feels it, where to, why; then which gateways run it.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query'
import { Activity, Users } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { ConfigChanges } from '../../ui/config-changes.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { LiveNote, LiveWaiting } from '../../ui/live-note.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { ErrorState, More, Skeleton } from '../../ui/states.tsx'
import { TextArea } from '../../ui/text-field.tsx'
import { changesQuery, environmentsQuery, forgetApis, type VersionPlace } from './queries.ts'

interface PublishDialogProps {
  title: string
  version: ApiVersion
  place: VersionPlace
  /** The environment of the page; chosen first. */
  env: string
  onClose(): void
}

export function PublishDialog({ title, version, place, env, onClose }: PublishDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const environments = useQuery(environmentsQuery).data?.data ?? []
  const [chosen, setChosen] = useState<readonly string[]>([env])
  const [note, setNote] = useState('')
  const [isAsked, setAsked] = useState(false)
  const publish = useMutation({
    mutationFn: () => client.publishing.publish({ ...place, environments: [...chosen], note }),
    onSuccess: () => forgetApis(queryClient),
  })
  const isProduction = environments.some(
    (candidate) => candidate.production && chosen.includes(candidate.name),
  )
  const noteMissing = isProduction && note.trim() === ''

  if (publish.data) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={t('api.publishDialog.published', { revision: publish.data.apiRevision.number })}
        footer={
          <Button variant="primary" autoFocus onPress={onClose}>
            {t('api.publishDialog.done')}
          </Button>
        }
      >
        <LiveNote propagation={publish.data} />
      </Dialog>
    )
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      isLocked={publish.isPending}
      title={t('api.publishDialog.title', { title, version: version.name })}
      footer={
        <Button
          variant="primary"
          isPending={publish.isPending}
          isDisabled={chosen.length === 0}
          onPress={() => {
            setAsked(true)
            if (!noteMissing) publish.mutate()
          }}
        >
          {chosen.length === 1
            ? t('api.publishDialog.publishTo', {
                environment:
                  environments.find((candidate) => candidate.name === chosen[0])?.title ?? chosen[0] ?? '',
              })
            : t('api.publishDialog.publish')}
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
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
                  {candidate.production ? (
                    <Badge tone="danger">{t('api.publishDialog.production')}</Badge>
                  ) : null}
                </span>
              </Checkbox>
            ))}
          </div>
          {chosen.length === 0 ? (
            <p className="text-sm text-danger">{t('api.publishDialog.chooseOne')}</p>
          ) : null}
        </fieldset>
        <Differences version={version} place={place} environments={chosen} />
        <TextArea
          label={t('api.publishDialog.note')}
          help={t('api.publishDialog.noteHelp')}
          error={isAsked && noteMissing ? t('api.publishDialog.noteRequired') : undefined}
          value={note}
          onChange={setNote}
          rows={2}
          maxLength={1000}
        />
        <ProblemNote problem={publish.error} />
        {publish.isPending ? <LiveWaiting /> : null}
      </div>
    </Dialog>
  )
}

function Differences({
  version,
  place,
  environments,
}: {
  version: ApiVersion
  place: VersionPlace
  environments: readonly string[]
}) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const results = useQueries({ queries: environments.map((environment) => changesQuery(place, environment)) })
  return (
    <div className="flex flex-col gap-4">
      {results.map((result, index) => {
        const environment = environments[index] ?? ''
        if (result.error)
          return <ErrorState key={environment} error={result.error} onRetry={() => void result.refetch()} />
        if (!result.data) return <Skeleton key={environment} className="h-24 w-full" />
        const { against, changes, impact } = result.data
        return (
          <section key={environment} className="flex flex-col gap-2">
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
                <p className="text-muted">
                  {t('api.publishDialog.firstDetail', { count: version.routeCount })}
                </p>
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
      })}
    </div>
  )
}
