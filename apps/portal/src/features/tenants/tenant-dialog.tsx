// Makes a tenant; what comes next is the invitation of whoever will own it.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { stageFor } from '../../api/environments.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { slugOf } from '../../forms/slug.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'

export function TenantDialog({ onClose }: { onClose(): void }) {
  const { t } = useTranslation('admin')
  const router = useRouter()
  const queryClient = useQueryClient()
  const [title, setTitle] = useState('')
  const [typedName, setTypedName] = useState<string>()
  const name = typedName ?? slugOf(title)
  const create = useMutation({
    mutationFn: () => client.tenancy.create({ name, title: title.trim() }),
    onSuccess: async (made) => {
      toast({ title: t('tenants.created', { title: made.title }), detail: t('tenants.createdDetail') })
      await queryClient.invalidateQueries({ queryKey: orpc.tenancy.key() })
      const stage = await stageFor(queryClient, null)
      const home = `/admin/t/${made.name}`
      await router.navigate({ href: stage ? `${home}/${stage}/members?invite=1` : home })
    },
  })
  const errors = errorsByPath(create.error)
  return (
    <Dialog
      isOpen
      onClose={onClose}
      isLocked={create.isPending}
      title={t('tenants.new')}
      sentence={t('tenants.newSentence')}
      footer={
        <Button
          variant="primary"
          isPending={create.isPending}
          isDisabled={title.trim() === '' || name === ''}
          onPress={() => create.mutate()}
        >
          {t('tenants.create')}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (title.trim() !== '' && name !== '' && !create.isPending) create.mutate()
        }}
      >
        <TextField
          label={t('tenants.fieldTitle')}
          error={errors.get('/title')}
          value={title}
          onChange={setTitle}
          maxLength={100}
          autoFocus
        />
        <TextField
          label={t('tenants.fieldName')}
          help={t('tenants.nameHelp')}
          error={errors.get('/name')}
          value={name}
          onChange={setTypedName}
          mono
        />
        <ProblemNote problem={create.error} />
        {/* Enter in a field sends the form: it needs a button of its own for that. */}
        <button type="submit" hidden tabIndex={-1} />
      </form>
    </Dialog>
  )
}
