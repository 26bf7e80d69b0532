// Deploys an existing revision to another environment, unchanged; production asks why.

import type { Environment } from '@gatewright/shared/model/environment'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { ConfigChanges } from '../../ui/config-changes.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { LiveNote, LiveWaiting } from '../../ui/live-note.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextArea } from '../../ui/text-field.tsx'
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
  const [note, setNote] = useState('')
  const [isAsked, setAsked] = useState(false)
  const changes = useQuery({
    ...changesQuery(place, environment.name),
    enabled: isDraftClean && number === newest,
  })
  const noteMissing = environment.production && note.trim() === ''
  const promote = useMutation({
    mutationFn: (apiRevision: number) =>
      client.publishing.promote({ ...place, apiRevision, environment: environment.name, note }),
    onSuccess: () => forgetApis(queryClient),
  })
  if (promote.data) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={t('api.promoteDialog.done', {
          revision: promote.data.apiRevision.number,
          environment: environment.title,
        })}
        footer={
          <Button variant="primary" autoFocus onPress={onClose}>
            {t('api.publishDialog.done')}
          </Button>
        }
      >
        <LiveNote propagation={promote.data} />
      </Dialog>
    )
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      isLocked={promote.isPending}
      title={t('api.promoteDialog.title', { revision: number ?? '', environment: environment.title })}
      sentence={t('api.promoteDialog.sentence')}
      footer={
        <Button
          variant="primary"
          isPending={promote.isPending}
          isDisabled={number === undefined}
          onPress={() => {
            setAsked(true)
            if (number !== undefined && !noteMissing) promote.mutate(number)
          }}
        >
          {t('api.promoteDialog.deploy')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
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
        {changes.data && changes.data.changes.length > 0 && changes.data.against !== null ? (
          <ConfigChanges changes={changes.data.changes} maxHeight="16rem" />
        ) : null}
        <TextArea
          label={t('api.publishDialog.note')}
          help={t('api.publishDialog.noteHelp')}
          error={isAsked && noteMissing ? t('api.publishDialog.noteRequired') : undefined}
          value={note}
          onChange={setNote}
          rows={2}
          maxLength={1000}
        />
        <ProblemNote problem={promote.error} />
        {promote.isPending ? <LiveWaiting /> : null}
      </div>
    </Dialog>
  )
}
