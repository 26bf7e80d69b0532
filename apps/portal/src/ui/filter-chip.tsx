// One filter that is set, with its name, its value and a way to take it off.

import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

export function FilterChip({ name, value, onRemove }: { name: string; value: ReactNode; onRemove(): void }) {
  const { t } = useTranslation('common')
  return (
    <span className="inline-flex h-7 max-w-full items-center gap-1.5 rounded-md border border-line bg-surface pl-2 text-sm">
      <span className="text-muted">{name}</span>
      <span className="min-w-0 truncate font-medium">{value}</span>
      <button
        type="button"
        aria-label={t('removeFilter', { name })}
        onClick={onRemove}
        className="grid size-6.5 shrink-0 place-items-center rounded-r-md text-faint hover:bg-hover hover:text-ink"
      >
        <X size={13} aria-hidden />
      </button>
    </span>
  )
}
