// What the portal says about an API: title, description, tags and who sees it.

import type { ApiSummary, Visibility } from '@gatewright/shared/model/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextArea, TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { forgetApis } from './queries.ts'

const words = (text: string) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')

export function EditDialog({ api, tenant, onClose }: { api: ApiSummary; tenant: string; onClose(): void }) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  // The list behind refreshes; the form speaks of the API as it was read when it opened.
  const [{ version }] = useState(api)
  const [title, setTitle] = useState(api.title)
  const [description, setDescription] = useState(api.description)
  const [tags, setTags] = useState(api.tags.join(', '))
  const [kind, setKind] = useState<Visibility['kind']>(api.visibility.kind)
  const [groups, setGroups] = useState(
    api.visibility.kind === 'groups' ? api.visibility.groups.join(', ') : '',
  )
  const visibility: Visibility = kind === 'groups' ? { kind, groups: words(groups) } : { kind }
  const save = useMutation({
    mutationFn: () =>
      client.apis.update(
        { tenant, api: api.name, title, description, tags: words(tags), visibility },
        { context: { ifMatch: version } },
      ),
    onSuccess: async () => {
      toast({ title: t('saved') })
      onClose()
      await forgetApis(queryClient)
    },
  })
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('api.editDialog.title')}
      footer={
        <Button
          variant="primary"
          isPending={save.isPending}
          isDisabled={title.trim() === '' || (kind === 'groups' && words(groups).length === 0)}
          onPress={() => save.mutate()}
        >
          {t('save')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('api.editDialog.name')}
          value={title}
          onChange={setTitle}
          maxLength={150}
          autoFocus
        />
        <TextArea
          label={t('api.editDialog.description')}
          help={t('api.editDialog.descriptionHelp')}
          value={description}
          onChange={setDescription}
          rows={6}
        />
        <TextField
          label={t('api.editDialog.tags')}
          help={t('api.editDialog.tagsHelp')}
          value={tags}
          onChange={setTags}
        />
        <Select
          label={t('api.editDialog.visibility')}
          value={kind}
          onChange={setKind}
          options={[
            { value: 'public', label: t('api.overview.visibilityPublic') },
            { value: 'members', label: t('api.overview.visibilityMembers') },
            { value: 'groups', label: t('api.editDialog.groups') },
          ]}
        />
        {kind === 'groups' ? (
          <TextField
            label={t('api.editDialog.groups')}
            help={t('api.editDialog.groupsHelp')}
            value={groups}
            onChange={setGroups}
          />
        ) : null}
        <ProblemNote problem={save.error} />
      </div>
    </Dialog>
  )
}
