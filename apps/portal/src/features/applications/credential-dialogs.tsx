// The two dialogs of everything that an application proves itself with: one asks what it shall be, one shows a secret this once.

import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { SecretReveal } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { StageSelect, useStage } from './stage-select.tsx'

interface AskDialogProps {
  title: string
  sentence: string
  /** The verb on the button. */
  action: string
  asked: { isPending: boolean; error: unknown }
  /** False as long as something is missing. */
  isWhole?: boolean
  /** Where it is shown at a field already: not here once more. */
  isProblemShown?: boolean
  onAsk(): void
  onClose(): void
  children?: ReactNode
}

export function AskDialog(props: AskDialogProps) {
  const { title, sentence, action, asked, isWhole = true, isProblemShown, onAsk, onClose, children } = props
  const { t } = useTranslation('developer')
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={title}
      sentence={sentence}
      footer={
        <>
          <Button onPress={onClose}>{t('keys.cancel')}</Button>
          <Button variant="primary" isPending={asked.isPending} isDisabled={!isWhole} onPress={onAsk}>
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {children}
        <ProblemNote problem={isProblemShown ? null : asked.error} />
      </div>
    </Dialog>
  )
}

interface ReadyDialogProps {
  title: string
  sentence: string
  /** The dialog does not close before it was copied; null: there is none. */
  secret: string | null
  secretLabel: string
  copyFirst: string
  onClose(): void
  /** Above the secret, and below it. */
  children?: ReactNode
  notes?: ReactNode
}

export function ReadyDialog(props: ReadyDialogProps) {
  const { title, sentence, secret, secretLabel, copyFirst, onClose, children, notes } = props
  const { t } = useTranslation('developer')
  const [isCopied, setCopied] = useState(false)
  const isLocked = secret !== null && !isCopied
  return (
    <Dialog
      isOpen
      isLocked={isLocked}
      onClose={onClose}
      title={title}
      sentence={sentence}
      footer={
        <>
          {isLocked ? <span className="mr-auto text-sm text-muted">{copyFirst}</span> : null}
          <Button variant="primary" isDisabled={isLocked} onPress={onClose}>
            {t('access.done')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {children}
        {secret === null ? null : (
          <SecretReveal secret={secret} label={secretLabel} onCopied={() => setCopied(true)} />
        )}
        {notes}
      </div>
    </Dialog>
  )
}

/** What each of them has: a name, and the environment in which it works. */
export function useNaming(suggested: string) {
  const [name, setName] = useState(suggested)
  const stage = useStage()
  const environment = stage.name
  const isWhole = environment !== undefined && name.trim() !== ''
  return { name, setName, stage, named: isWhole ? { environment, name: name.trim() } : undefined }
}

export function NamingFields({ name, setName, stage }: ReturnType<typeof useNaming>) {
  const { t } = useTranslation('developer')
  return (
    <>
      <TextField
        label={t('keys.name')}
        help={t('keys.nameHelp')}
        value={name}
        onChange={setName}
        isRequired
      />
      <StageSelect {...stage} />
    </>
  )
}
