// What the crosshair points at: the moment, every series' value there, and what was published then.

import { useTranslation } from 'react-i18next'
import type { Series } from './types.ts'

export function CrosshairCard({
  at,
  values,
  marks,
  format,
  time,
  showTotal,
}: {
  at: number | undefined
  values: ReadonlyArray<Series & { value: number | null }>
  /** Names of the marks that fall into this point. */
  marks: readonly string[]
  format(value: number): string
  time(at: Date): string
  showTotal: boolean
}) {
  const { t } = useTranslation('common')
  if (at === undefined || Number.isNaN(at)) return null
  const total = values.reduce((sum, entry) => sum + (entry.value ?? 0), 0)
  return (
    <div className="min-w-36 rounded-lg bg-raised px-2.5 py-2 text-xs shadow-pop">
      <p className="mb-1 text-muted">{time(new Date(at))}</p>
      {values.map((entry) => (
        <p key={entry.key} className="flex items-center gap-2">
          <span aria-hidden className="size-2 rounded-xs" style={{ background: entry.color }} />
          <span className="flex-1">{entry.label}</span>
          <span className="tabular font-medium">{entry.value === null ? '–' : format(entry.value)}</span>
        </p>
      ))}
      {showTotal && values.length > 1 ? (
        <p className="mt-1 flex items-center gap-2 border-t border-line pt-1">
          <span className="flex-1 text-muted">{t('charts.total')}</span>
          <span className="tabular font-medium">{format(total)}</span>
        </p>
      ) : null}
      {marks.map((mark) => (
        <p key={mark} className="mt-1 max-w-64 border-t border-line pt-1 text-accent-text">
          {t('charts.publish', { reason: mark })}
        </p>
      ))}
    </div>
  )
}
