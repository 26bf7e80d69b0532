// Stays in sight while a long form has unsaved changes: what to do with them.

import type { ReactNode } from 'react'
import { Button } from '../ui/button.tsx'

interface SaveBarProps {
  /** Left of the buttons: what changes, or why it cannot be saved yet. */
  children?: ReactNode
  discard: string
  save: string
  isPending: boolean
  isDisabled?: boolean
  onDiscard(): void
  onSave(): void
}

export function SaveBar({ children, discard, save, isPending, isDisabled, onDiscard, onSave }: SaveBarProps) {
  return (
    <div className="sticky bottom-0 z-20 flex flex-wrap items-center justify-end gap-x-4 gap-y-2 rounded-lg border border-accent-line bg-raised px-4 py-2.5 shadow-pop">
      {children ? <div className="min-w-0 flex-1 basis-60">{children}</div> : null}
      <div className="flex items-center gap-2">
        <Button isDisabled={isPending} onPress={onDiscard}>
          {discard}
        </Button>
        <Button variant="primary" isPending={isPending} isDisabled={isDisabled ?? false} onPress={onSave}>
          {save}
        </Button>
      </div>
    </div>
  )
}
