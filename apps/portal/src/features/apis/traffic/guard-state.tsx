// Whether the guard of a deployment watches or tripped, why, and the way to let it watch again.

import { RotateCcw, ShieldAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { StateChip } from '../../../ui/badge.tsx'
import { Button } from '../../../ui/button.tsx'
import { Time } from '../../../ui/time.tsx'
import type { GuardNow } from '../upstreams/live.ts'

interface TrippedNoteProps {
  guard: GuardNow
  /** What everything goes to now. */
  first: string
  isEditable: boolean
  isResetting: boolean
  onReset(): void
}

/** Above everything else: the shares on this page are not what happens. */
export function TrippedNote({ guard, first, isEditable, isResetting, onReset }: TrippedNoteProps) {
  const { t } = useTranslation('admin')
  return (
    <div
      role="alert"
      className="flex flex-wrap items-start gap-x-3 gap-y-2 rounded-lg border border-danger-line bg-danger-soft px-4 py-3"
    >
      <ShieldAlert size={18} aria-hidden className="mt-px shrink-0 text-danger" />
      <div className="flex min-w-0 flex-1 basis-60 flex-col">
        <p className="font-medium text-danger">{t('traffic.guard.trippedTitle', { name: first })}</p>
        <p className="text-sm">
          {guard.reason}
          {guard.at === null ? null : (
            <span className="text-muted">
              {guard.reason ? ' · ' : ''}
              <Time at={new Date(guard.at).toISOString()} />
            </span>
          )}
        </p>
        <p className="text-sm text-muted">{t('traffic.guard.trippedDetail')}</p>
      </div>
      {isEditable ? (
        <Button icon={RotateCcw} isPending={isResetting} onPress={onReset}>
          {t('traffic.guard.reset')}
        </Button>
      ) : null}
    </div>
  )
}

export function GuardChip({ guard }: { guard: GuardNow }) {
  const { t } = useTranslation('admin')
  return (
    <StateChip tone={guard.state === 'tripped' ? 'danger' : 'success'}>
      {t(`traffic.guard.${guard.state}`)}
    </StateChip>
  )
}
