// The end of a short form: what went wrong, what to do with the edits, and the question before they are lost.

import { Button } from '../ui/button.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { DirtyGuard } from './dirty-guard.tsx'

interface FormEndProps {
  edited: { isDirty: boolean; discard(): void }
  saving: { isPending: boolean; error: unknown; reset(): void }
  isEditable: boolean
  /** False as long as something is missing. */
  isWhole?: boolean
  save: string
  discard: string
}

export function FormEnd({ edited, saving, isEditable, isWhole = true, save, discard }: FormEndProps) {
  return (
    <>
      <ProblemNote problem={saving.error} />
      {isEditable ? (
        <div className="flex gap-2">
          <Button
            type="submit"
            variant="primary"
            isPending={saving.isPending}
            isDisabled={!edited.isDirty || !isWhole}
          >
            {save}
          </Button>
          {edited.isDirty ? (
            <Button
              onPress={() => {
                edited.discard()
                saving.reset()
              }}
            >
              {discard}
            </Button>
          ) : null}
        </div>
      ) : null}
      <DirtyGuard isDirty={edited.isDirty} />
    </>
  )
}
