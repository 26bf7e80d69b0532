// Somebody else saved while this was edited (412): take theirs, or keep mine and save over it. Never a silent overwrite.

import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'

interface StaleDialogProps {
  /** The failed save, if any; other failures open nothing. */
  problem: unknown
  onClose(): void
  onTakeTheirs(): void
  /** `version` stands now: save again with it. Undefined when the server did not tell. */
  onKeepMine(version: number | undefined): void
}

export function isStale(problem: unknown): boolean {
  return problem !== null && problem !== undefined && asProblem(problem).code === 'version_stale'
}

export function StaleDialog({ problem, onClose, onTakeTheirs, onKeepMine }: StaleDialogProps) {
  const { t } = useTranslation('common')
  if (!isStale(problem)) return null
  return (
    <Dialog
      isOpen
      size="sm"
      role="alertdialog"
      onClose={onClose}
      title={t('form.staleTitle')}
      footer={
        <>
          <Button onPress={onTakeTheirs}>{t('form.takeTheirs')}</Button>
          <Button variant="primary" onPress={() => onKeepMine(versionNow(problem))}>
            {t('form.keepMine')}
          </Button>
        </>
      }
    >
      <p className="text-muted">{t('form.staleDetail')}</p>
    </Dialog>
  )
}

/** A 412 names the version that stands now. */
function versionNow(problem: unknown): number | undefined {
  const { extra } = asProblem(problem)
  const current = extra.current ?? extra.current_version
  return typeof current === 'number' ? current : undefined
}
