// Publish, promote and roll back: what differs, why, one press; then which gateways run it.

import type { Propagation } from '@gatewright/shared/model/wire'
import type { UseMutationResult } from '@tanstack/react-query'
import type { LucideIcon } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { LiveNote, LiveWaiting } from './live-note.tsx'
import { ProblemNote } from './problem-note.tsx'
import { TextArea } from './text-field.tsx'

interface ReleaseDialogProps<Answer extends Propagation> {
  /** Makes the release; its variable is the note. */
  release: UseMutationResult<Answer, Error, string>
  title: string
  sentence?: string
  /** The verb on the button, with where it goes: "Publish to Production". */
  action: string
  icon?: LucideIcon
  tone?: 'primary' | 'danger'
  /** True while there is nothing to release. */
  isDisabled?: boolean
  /** Production asks why. */
  isNoteRequired?: boolean
  doneTitle(answer: Answer): string
  onClose(): void
  /** What differs. */
  children: ReactNode
}

export function ReleaseDialog<Answer extends Propagation>({
  release,
  title,
  sentence,
  action,
  icon,
  tone = 'primary',
  isDisabled = false,
  isNoteRequired = false,
  doneTitle,
  onClose,
  children,
}: ReleaseDialogProps<Answer>) {
  const { t } = useTranslation('admin')
  const [note, setNote] = useState('')
  const [isAsked, setAsked] = useState(false)
  const isNoteMissing = isNoteRequired && note.trim() === ''
  if (release.data) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={doneTitle(release.data)}
        footer={
          <Button variant="primary" autoFocus onPress={onClose}>
            {t('release.done')}
          </Button>
        }
      >
        <LiveNote propagation={release.data} />
      </Dialog>
    )
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      isLocked={release.isPending}
      title={title}
      sentence={sentence}
      footer={
        <>
          <Button isDisabled={release.isPending} onPress={onClose}>
            {t('cancel')}
          </Button>
          <Button
            variant={tone}
            icon={icon}
            isPending={release.isPending}
            isDisabled={isDisabled}
            onPress={() => {
              setAsked(true)
              if (!isNoteMissing) release.mutate(note)
            }}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {children}
        <TextArea
          label={t('release.note')}
          aside={isNoteRequired ? undefined : t('optional')}
          help={t('release.noteHelp')}
          error={isAsked && isNoteMissing ? t('release.noteRequired') : undefined}
          value={note}
          onChange={setNote}
          rows={2}
          maxLength={1000}
        />
        <ProblemNote problem={release.error} />
        {release.isPending ? <LiveWaiting /> : null}
      </div>
    </Dialog>
  )
}
