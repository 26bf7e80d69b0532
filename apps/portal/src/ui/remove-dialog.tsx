// The question before one of a list goes: what it says stays until the answer has come, and what went wrong stands in it.

import { AlertDialog } from './alert-dialog.tsx'
import { toast } from './toast.tsx'

interface RemoveDialogProps<Input, Answer> {
  /** What `removal` is asked with. */
  input: Input
  removal: {
    mutate(input: Input, more: { onSuccess(answer: Answer): void }): void
    reset(): void
    isPending: boolean
    error: unknown
  }
  title: string
  detail: string
  /** The verb on the button. */
  action: string
  /** What is said when it is gone. */
  done(answer: Answer): { title: string; detail?: string }
  onClose(): void
}

export function RemoveDialog<Input, Answer>({
  input,
  removal,
  title,
  detail,
  action,
  done,
  onClose,
}: RemoveDialogProps<Input, Answer>) {
  const close = () => {
    removal.reset()
    onClose()
  }
  return (
    <AlertDialog
      isOpen
      onClose={close}
      title={title}
      action={action}
      isPending={removal.isPending}
      problem={removal.error}
      onConfirm={() =>
        removal.mutate(input, {
          onSuccess: (answer) => {
            toast(done(answer))
            close()
          },
        })
      }
    >
      {detail}
    </AlertDialog>
  )
}
