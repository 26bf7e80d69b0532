// CopyField for pages that must be light: the same look without the tooltip's code.

import { Check, Copy } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useCopy } from './use-copy.ts'

export function CopyLine({ value, label }: { value: string; label: string }) {
  const { t } = useTranslation('common')
  const [copied, copy] = useCopy()
  const Icon = copied ? Check : Copy
  return (
    <div className="flex h-9 min-w-0 items-center gap-1 rounded-lg border border-line bg-sunken pr-1 pl-2.5">
      <code className="min-w-0 flex-1 truncate text-sm" title={value}>
        {value}
      </code>
      <button
        type="button"
        aria-label={copied ? t('copied') : label}
        title={label}
        onClick={() => void copy(value)}
        className="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-hover hover:text-ink"
      >
        <Icon size={16} aria-hidden />
      </button>
    </div>
  )
}
