// A ranking as bars behind their labels: our own markup, so each row can be a link.

import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { EmptyState } from '../ui/states.tsx'

export interface BarItem {
  id: string
  label: ReactNode
  value: number
  /** Right of the value, such as an error rate. */
  aside?: ReactNode
  /** Of the bar, where it means something; a CSS colour. */
  color?: string
}

export function BarList({
  label,
  items,
  format,
  head,
}: {
  label: string
  items: readonly BarItem[]
  format(value: number): string
  /** Column heads: name, value, aside. */
  head?: readonly [string, string, string?]
}) {
  const { t } = useTranslation('common')
  const max = Math.max(...items.map((item) => item.value), 1)
  if (items.length === 0) return <EmptyState title={t('charts.noData')} sentence="" className="py-8!" />
  return (
    <div>
      {head ? (
        <div aria-hidden className="mb-1 flex gap-2 px-2 text-xs text-faint">
          <span className="flex-1">{head[0]}</span>
          <span className="w-16 text-right">{head[1]}</span>
          {head[2] ? <span className="w-14 text-right">{head[2]}</span> : null}
        </div>
      ) : null}
      <ol aria-label={label} className="flex flex-col gap-0.5">
        {items.map((item) => (
          <li key={item.id} className="relative flex h-8 items-center gap-2 px-2">
            <span
              aria-hidden
              className="absolute inset-y-0.5 left-0 rounded-sm"
              style={{
                width: `${(item.value / max) * 100}%`,
                minWidth: item.value > 0 ? 2 : 0,
                background: item.color ?? 'var(--series-1)',
                opacity: 0.14,
              }}
            />
            <span className="relative min-w-0 flex-1 truncate">{item.label}</span>
            <span className="tabular relative w-16 text-right font-medium">{format(item.value)}</span>
            {head?.[2] ? (
              <span className="tabular relative w-14 text-right text-muted">{item.aside}</span>
            ) : null}
          </li>
        ))}
      </ol>
    </div>
  )
}
