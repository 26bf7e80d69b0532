// Deprecate, retire or bring back a version: what callers will notice is said before it happens.

import type { ApiSummary, ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useLiveText } from '../../ui/live-note.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextArea, TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { forgetApis, type VersionPlace } from './queries.ts'

interface LifecycleDialogProps {
  to: 'published' | 'deprecated' | 'retired'
  api: ApiSummary
  version: ApiVersion
  place: VersionPlace
  onClose(): void
}

const none = 'none'

export function LifecycleDialog({ to, api, version, place, onClose }: LifecycleDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const liveText = useLiveText()
  const [day, setDay] = useState('')
  const [successor, setSuccessor] = useState(none)
  const [note, setNote] = useState('')
  const isPast = day !== '' && new Date(`${day}T23:59:59Z`).getTime() < Date.now()
  const change = useMutation({
    mutationFn: () =>
      client.versions.setLifecycle(
        {
          ...place,
          to,
          sunsetAt: to === 'deprecated' && day !== '' ? `${day}T00:00:00Z` : null,
          successor: to === 'deprecated' && successor !== none ? successor : null,
          note,
        },
        { context: { ifMatch: version.version } },
      ),
    onSuccess: async (written) => {
      const detail = liveText(written)
      toast({ title: t('api.lifecycleDialog.done'), ...(detail ? { detail } : {}) })
      onClose()
      await forgetApis(queryClient)
    },
  })

  if (to !== 'deprecated') {
    return (
      <AlertDialog
        isOpen
        onClose={onClose}
        tone={to === 'retired' ? 'danger' : 'primary'}
        title={t(to === 'retired' ? 'api.lifecycleDialog.retireTitle' : 'api.lifecycleDialog.restoreTitle', {
          version: version.name,
        })}
        action={t(to === 'retired' ? 'api.retire' : 'api.restore')}
        onConfirm={() => change.mutate()}
        isPending={change.isPending}
        problem={change.error}
        {...(to === 'retired' ? { typeToConfirm: version.name } : {})}
      >
        {t(to === 'retired' ? 'api.lifecycleDialog.retireSentence' : 'api.lifecycleDialog.restoreSentence')}
      </AlertDialog>
    )
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('api.lifecycleDialog.deprecateTitle', { version: version.name })}
      sentence={t('api.lifecycleDialog.deprecateSentence')}
      footer={
        <Button
          variant="primary"
          isPending={change.isPending}
          isDisabled={isPast}
          onPress={() => change.mutate()}
        >
          {t('api.deprecate')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('api.lifecycleDialog.sunset')}
          help={t('api.lifecycleDialog.sunsetHelp')}
          error={isPast ? t('api.lifecycleDialog.past') : undefined}
          type="date"
          value={day}
          onChange={setDay}
          className="max-w-56"
        />
        <Select
          label={t('api.lifecycleDialog.successor')}
          value={successor}
          onChange={setSuccessor}
          options={[
            { value: none, label: t('api.lifecycleDialog.noSuccessor') },
            ...api.versions
              .filter((candidate) => candidate.name !== version.name)
              .map((candidate) => ({
                value: candidate.name,
                label: candidate.name,
                detail: t(`lifecycle.${candidate.lifecycle}`),
              })),
          ]}
        />
        <TextArea
          label={t('api.lifecycleDialog.note')}
          value={note}
          onChange={setNote}
          rows={2}
          maxLength={1000}
        />
        <ProblemNote problem={change.error} />
      </div>
    </Dialog>
  )
}
