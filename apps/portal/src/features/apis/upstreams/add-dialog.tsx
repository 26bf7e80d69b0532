// Adds an upstream: a name and one URL are enough; everything else has a default.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../../api/client.ts'
import { slugOf } from '../../../forms/slug.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { ProblemNote } from '../../../ui/problem-note.tsx'
import { TextField } from '../../../ui/text-field.tsx'
import { toast } from '../../../ui/toast.tsx'
import { forgetApis, type VersionPlace } from '../queries.ts'
import { urlShape } from './settings.ts'

interface AddUpstreamDialogProps {
  version: ApiVersion
  place: VersionPlace
  onClose(): void
}

export function AddUpstreamDialog({ version, place, onClose }: AddUpstreamDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const taken = version.upstreams.map((upstream) => upstream.name)
  const isFirst = !taken.includes('default')
  const [name, setName] = useState(isFirst ? 'default' : '')
  const [url, setUrl] = useState('')
  const [isAsked, setAsked] = useState(false)
  const nameError = taken.includes(name)
    ? t('upstreams.addDialog.taken', { name })
    : name === slugOf(name) && name !== '' && name.length <= 40
      ? undefined
      : t('upstreams.addDialog.nameInvalid')
  const urlError = urlShape.test(url) ? undefined : t('upstreams.urlInvalid')
  const add = useMutation({
    mutationFn: () =>
      client.upstreams.set(
        { ...place, upstream: name, targets: [{ url }] },
        { context: { ifMatch: version.version } },
      ),
    onSuccess: async () => {
      toast({ title: t('upstreams.added', { name }), detail: t('pipeline.savedDraftDetail') })
      onClose()
      await forgetApis(queryClient)
    },
  })
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('upstreams.addDialog.title')}
      sentence={isFirst ? t('upstreams.addDialog.firstSentence') : t('upstreams.addDialog.sentence')}
      footer={
        <Button variant="primary" type="submit" form="add-upstream" isPending={add.isPending}>
          {t('upstreams.add')}
        </Button>
      }
    >
      <form
        id="add-upstream"
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(true)
          if (nameError === undefined && urlError === undefined) add.mutate()
        }}
      >
        <TextField
          label={t('upstreams.name')}
          help={t('upstreams.addDialog.nameHelp')}
          error={isAsked || taken.includes(name) ? nameError : undefined}
          value={name}
          onChange={setName}
          maxLength={40}
          mono
          autoFocus={!isFirst}
        />
        <TextField
          label={t('upstreams.url')}
          help={t('upstreams.addDialog.urlHelp')}
          error={isAsked ? urlError : undefined}
          value={url}
          onChange={(next) => setUrl(next.trim())}
          placeholder="https://canary.internal:8443"
          mono
          autoFocus={isFirst}
        />
        <ProblemNote problem={add.error} />
      </form>
    </Dialog>
  )
}
