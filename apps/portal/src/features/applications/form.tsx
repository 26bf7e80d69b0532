// Title and description of an application, new or changed.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorsByPath } from '../../forms/field-problems.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextArea, TextField } from '../../ui/text-field.tsx'

export interface ApplicationDialogProps {
  isOpen: boolean
  onClose(): void
  title: string
  action: string
  initial?: { title: string; description: string }
  isPending: boolean
  problem: unknown
  onSave(input: { title: string; description: string }): void
}

export function ApplicationDialog(props: ApplicationDialogProps) {
  const { t } = useTranslation('developer')
  const { isOpen, onClose, title: heading, action, initial, isPending, problem, onSave } = props
  const [title, setTitle] = useState<string>()
  const [description, setDescription] = useState<string>()
  const errors = errorsByPath(problem)
  const value = {
    title: title ?? initial?.title ?? '',
    description: description ?? initial?.description ?? '',
  }
  const close = () => {
    setTitle(undefined)
    setDescription(undefined)
    onClose()
  }
  return (
    <Dialog
      isOpen={isOpen}
      onClose={close}
      title={heading}
      footer={
        <>
          <Button onPress={close}>{t('applications.cancel')}</Button>
          <Button
            variant="primary"
            isPending={isPending}
            isDisabled={value.title.trim() === ''}
            onPress={() => onSave({ title: value.title.trim(), description: value.description })}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t('applications.name')}
          value={value.title}
          onChange={setTitle}
          error={errors.get('/title')}
          autoFocus
          isRequired
        />
        <TextArea
          label={t('applications.description')}
          help={t('applications.descriptionHelp')}
          value={value.description}
          onChange={setDescription}
          error={errors.get('/description')}
        />
        <ProblemNote problem={problem} />
      </div>
    </Dialog>
  )
}
