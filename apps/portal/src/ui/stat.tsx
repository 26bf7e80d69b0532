// A figure with its name, its change and its course.

import { ArrowDownRight, ArrowUpRight, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { cx } from './class-names.ts'
import { useFormat } from './format.ts'
import { Sparkline } from './sparkline.tsx'
import { Explained } from './tooltip.tsx'

export interface StatProps {
  label: string
  value: string
  unit?: string
  /** The exact formula, on hover and focus. */
  definition?: string
  /** Change against the previous period, as a ratio; `isBadWhenUp` colours it. */
  change?: number | undefined
  isBadWhenUp?: boolean
  course?: readonly number[]
  color?: string
  children?: ReactNode
}

export function Stat({
  label,
  value,
  unit,
  definition,
  change,
  isBadWhenUp,
  course,
  color,
  children,
}: StatProps) {
  return (
    <div className="flex min-w-0 flex-col gap-1 p-4">
      <span className="text-sm text-muted">
        {definition ? <Explained text={definition}>{label}</Explained> : label}
      </span>
      <div className="flex min-w-0 items-end justify-between gap-3">
        <span className="flex shrink-0 items-baseline gap-1">
          <span className="tabular text-2xl font-semibold tracking-[-0.02em]">{value}</span>
          {unit ? <span className="text-muted">{unit}</span> : null}
        </span>
        {course?.some((value) => value > 0) ? (
          <Sparkline values={course} width={88} height={28} {...(color ? { color } : {})} />
        ) : null}
      </div>
      <span className="flex min-h-5 items-center text-sm">
        {change === undefined ? children : <Change ratio={change} isBadWhenUp={isBadWhenUp ?? false} />}
      </span>
    </div>
  )
}

function Change({ ratio, isBadWhenUp }: { ratio: number; isBadWhenUp: boolean }) {
  const { t } = useTranslation('common')
  const format = useFormat()
  const flat = Math.abs(ratio) < 0.0005
  const Icon = flat ? Minus : ratio > 0 ? ArrowUpRight : ArrowDownRight
  const bad = ratio > 0 === isBadWhenUp
  return (
    <span className="flex items-center gap-1 text-muted">
      <span
        className={cx(
          'tabular flex items-center gap-0.5 font-medium',
          flat ? 'text-muted' : bad ? 'text-danger' : 'text-success',
        )}
      >
        <Icon size={14} aria-hidden />
        {format.percent(Math.abs(ratio))}
      </span>
      {t('vsPrevious')}
    </span>
  )
}

/** Stats side by side, divided by hairlines. */
export function StatRow({ children }: { children: ReactNode }) {
  return (
    <div className="grid grid-cols-2 overflow-hidden rounded-lg border border-line bg-surface lg:grid-flow-col lg:auto-cols-fr lg:grid-cols-none [&>*]:border-line max-lg:[&>*:nth-child(even)]:border-l max-lg:[&>*:nth-child(n+3)]:border-t lg:[&>*+*]:border-l">
      {children}
    </div>
  )
}
