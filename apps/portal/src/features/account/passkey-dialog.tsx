// A new passkey: a name for it, and then the browser asks.

import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { useAddPasskey } from './factor-queries.ts'

interface PasskeyDialogProps {
  onClose(): void
  onAdded(recoveryCodes: readonly string[] | null): void
}

export function PasskeyDialog({ onClose, onAdded }: PasskeyDialogProps) {
  const { t } = useTranslation('account')
  const [name, setName] = useState('')
  const add = useAddPasskey()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '')
      add.mutate(name.trim(), { onSuccess: ({ recoveryCodes }) => onAdded(recoveryCodes) })
  }
  return (
    <Dialog
      isOpen
      size="sm"
      onClose={onClose}
      title={t('factors.passkeyTitle')}
      sentence={t('factors.passkeySentence')}
      footer={
        <>
          <Button onPress={onClose}>{t('cancel')}</Button>
          <Button
            variant="primary"
            type="submit"
            form="add-passkey"
            isPending={add.isPending}
            isDisabled={name.trim() === ''}
          >
            {t('factors.continue')}
          </Button>
        </>
      }
    >
      <form id="add-passkey" onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <TextField
          label={t('factors.passkeyName')}
          help={t('factors.passkeyNameHelp')}
          maxLength={60}
          autoFocus
          value={name}
          onChange={setName}
        />
        <ProblemNote problem={add.error} />
      </form>
    </Dialog>
  )
}
