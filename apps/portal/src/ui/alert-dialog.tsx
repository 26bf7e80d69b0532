// Asks before something that cannot be undone; may demand that the name be typed.

import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ProblemNote } from './problem-note.tsx'
import { TextField } from './text-field.tsx'

export interface AlertDialogProps {
  isOpen: boolean
  onClose(): void
  title: string
  children: ReactNode
  /** The verb on the button: "Revoke key". */
  action: string
  onConfirm(): void
  isPending?: boolean
  problem?: unknown
  /** When given, the button stays disabled until exactly this is typed. */
  typeToConfirm?: string
  /** Not everything confirmed is destructive. */
  tone?: 'danger' | 'primary'
}

export function AlertDialog(props: AlertDialogProps) {
  const { t } = useTranslation('common')
  const [typed, setTyped] = useState('')
  const {
    isOpen,
    onClose,
    title,
    children,
    action,
    onConfirm,
    isPending,
    problem,
    typeToConfirm,
    tone = 'danger',
  } = props
  // What was typed confirms one opening only, however it ended.
  const [wasOpen, setWasOpen] = useState(isOpen)
  if (isOpen !== wasOpen) {
    setWasOpen(isOpen)
    setTyped('')
  }
  return (
    <Dialog
      role="alertdialog"
      size="sm"
      isOpen={isOpen}
      onClose={onClose}
      title={title}
      footer={
        <>
          <Button onPress={onClose}>{t('cancel')}</Button>
          <Button
            variant={tone}
            isPending={isPending ?? false}
            isDisabled={typeToConfirm !== undefined && typed !== typeToConfirm}
            onPress={onConfirm}
          >
            {action}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 text-muted">
        <div>{children}</div>
        {typeToConfirm === undefined ? null : (
          <TextField
            label={t('typeToConfirm', { name: typeToConfirm })}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            mono
            autoFocus
          />
        )}
        <ProblemNote problem={problem} />
      </div>
    </Dialog>
  )
}
