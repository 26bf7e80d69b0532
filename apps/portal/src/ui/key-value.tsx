// Facts about one thing, as a description list.

import type { ReactNode } from 'react'
import { cx } from './class-names.ts'

export interface Fact {
  label: string
  value: ReactNode
}

/** `rows` puts the label left of the value; `grid` puts it above, several per row. */
export function KeyValue({
  facts,
  look = 'rows',
  className,
}: {
  facts: readonly Fact[]
  look?: 'rows' | 'grid'
  className?: string
}) {
  if (look === 'grid') {
    return (
      <dl className={cx('grid grid-cols-2 gap-x-8 gap-y-4 sm:grid-cols-3 lg:grid-cols-4', className)}>
        {facts.map((fact) => (
          <div key={fact.label} className="flex min-w-0 flex-col gap-0.5">
            <dt className="text-sm text-muted">{fact.label}</dt>
            <dd className="min-w-0 break-words">{fact.value}</dd>
          </div>
        ))}
      </dl>
    )
  }
  return (
    <dl className={cx('divide-y divide-line', className)}>
      {facts.map((fact) => (
        <div
          key={fact.label}
          className="grid grid-cols-[10rem_1fr] items-baseline gap-4 py-2 max-sm:grid-cols-1 max-sm:gap-0.5"
        >
          <dt className="text-muted">{fact.label}</dt>
          <dd className="min-w-0 break-words">{fact.value}</dd>
        </div>
      ))}
    </dl>
  )
}
