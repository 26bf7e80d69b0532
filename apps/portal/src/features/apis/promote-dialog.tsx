// Deploys an existing revision to another environment, unchanged.

import type { Environment } from '@gatewright/shared/model/environment'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { ArrowUpFromLine } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { ConfigChanges } from '../../ui/config-changes.tsx'
import { useFormat } from '../../ui/format.ts'
import { ReleaseDialog } from '../../ui/release-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { apiRevisionsQuery, changesQuery, forgetApis, type VersionPlace } from './queries.ts'

interface PromoteDialogProps {
  place: VersionPlace
  environment: Environment
  /** The draft equals the newest revision, so its differences are the revision's. */
  isDraftClean: boolean
  revision?: number
  onClose(): void
}

export function PromoteDialog({ place, environment, isDraftClean, revision, onClose }: PromoteDialogProps) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const queryClient = useQueryClient()
  const revisions = useInfiniteQuery(apiRevisionsQuery(place)).data?.pages.flatMap((page) => page.data) ?? []
  const newest = revisions[0]?.number
  const [picked, setPicked] = useState(revision)
  const number = picked ?? newest
  const changes = useQuery({
    ...changesQuery(place, environment.name),
    enabled: isDraftClean && number === newest,
  })
  const promote = useMutation({
    mutationFn: (note: string) => {
      if (number === undefined) throw new Error('no revision to deploy')
      return client.publishing.promote({
        ...place,
        apiRevision: number,
        environment: environment.name,
        note,
      })
    },
    onSuccess: () => forgetApis(queryClient),
  })
  return (
    <ReleaseDialog
      release={promote}
      title={t('api.promoteDialog.title', { revision: number ?? '', environment: environment.title })}
      sentence={t('api.promoteDialog.sentence')}
      action={t('api.promoteDialog.deploy')}
      icon={ArrowUpFromLine}
      isDisabled={number === undefined}
      isNoteRequired={environment.production}
      doneTitle={({ apiRevision }) =>
        t('api.promoteDialog.done', { revision: apiRevision.number, environment: environment.title })
      }
      onClose={onClose}
    >
      {number === undefined ? (
        <p className="text-muted">{t('api.promoteDialog.none')}</p>
      ) : (
        <Select
          label={t('api.promoteDialog.revision')}
          value={String(number)}
          onChange={(next) => setPicked(Number(next))}
          options={revisions.map((candidate) => ({
            value: String(candidate.number),
            label: `${candidate.number}${candidate.note ? ` · ${candidate.note}` : ''}`,
            detail: `${candidate.createdBy} · ${format.dateTime(candidate.createdAt)}`,
          }))}
        />
      )}
      {number === newest &&
      changes.data &&
      changes.data.changes.length > 0 &&
      changes.data.against !== null ? (
        <ConfigChanges changes={changes.data.changes} maxHeight="16rem" />
      ) : null}
    </ReleaseDialog>
  )
}
