// The groups of an application: given by those who decide about subscriptions, and true on every gateway within two seconds.

import type { Application } from '@gatewright/shared/model/access'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useLiveText } from '../../ui/live-note.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TagField } from '../../ui/tag-field.tsx'
import { toast } from '../../ui/toast.tsx'

interface GroupsDialogProps {
  tenant: string
  application: Application
  onClose(): void
}

export function GroupsDialog({ tenant, application, onClose }: GroupsDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const liveText = useLiveText()
  const [groups, setGroups] = useState<readonly string[]>(application.groups)
  // The page behind refreshes; the form speaks of the application as it was read when it opened.
  const [{ version }] = useState(application)
  const save = useMutation({
    mutationFn: () =>
      client.applications.setGroups(
        { tenant, application: application.id, groups: [...groups] },
        { context: { ifMatch: version } },
      ),
    onSuccess: async (written) => {
      const detail = liveText(written)
      toast({ title: t('directory.groupsSaved'), ...(detail ? { detail } : {}) })
      onClose()
      await queryClient.invalidateQueries({ queryKey: orpc.applications.key() })
    },
  })
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('directory.groups')}
      footer={
        <Button variant="primary" isPending={save.isPending} onPress={() => save.mutate()}>
          {t('save')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="text-sm text-muted">{t('directory.groupsSentence')}</p>
        <TagField
          label={t('directory.groups')}
          help={t('directory.groupsHelp')}
          values={groups}
          onChange={setGroups}
        />
        <ProblemNote problem={save.error} />
      </div>
    </Dialog>
  )
}
