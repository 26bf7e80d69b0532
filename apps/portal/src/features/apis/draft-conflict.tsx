// Somebody else saved the same part of a draft while it was edited here: theirs is taken, or ours is saved over it.
import { useQueryClient } from '@tanstack/react-query'
import { StaleDialog } from '../../forms/stale-dialog.tsx'
import { forgetApis } from './queries.ts'

interface DraftConflictProps {
  readonly save: {
    readonly error: unknown
    reset(): void
    /** `version`: for `If-Match`. */
    mutate(version: number): void
  }
  /** Drops what was edited here. */
  discard(): void
  /** The one that is known here; the refusal usually names a newer one. */
  readonly version: number
}

export function DraftConflict({ save, discard, version }: DraftConflictProps) {
  const queryClient = useQueryClient()
  return (
    <StaleDialog
      problem={save.error}
      onClose={() => save.reset()}
      onTakeTheirs={() => {
        save.reset()
        discard()
        void forgetApis(queryClient)
      }}
      onKeepMine={(current) => save.mutate(current ?? version)}
    />
  )
}
