// Things in order: what happened (Timeline), and what is to be done (StepList).

import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Dot, type Tone } from './badge.tsx'
import { cx } from './class-names.ts'
import { Time } from './time.tsx'

export interface TimelineEntry {
  id: string
  tone?: Tone
  title: ReactNode
  detail?: ReactNode
  at?: string
}

export function Timeline({ entries, label }: { entries: readonly TimelineEntry[]; label: string }) {
  return (
    <ol aria-label={label} className="flex flex-col">
      {entries.map((entry, index) => (
        <li key={entry.id} className="relative flex gap-3 pb-4 last:pb-0">
          {index < entries.length - 1 ? (
            <span aria-hidden className="absolute top-4 bottom-0 left-[3.5px] w-px bg-line" />
          ) : null}
          <Dot tone={entry.tone ?? 'neutral'} className="mt-1.5" />
          <div className="flex min-w-0 flex-1 flex-col gap-0.5">
            <div className="flex flex-wrap items-baseline justify-between gap-x-4">
              <span>{entry.title}</span>
              {entry.at ? (
                <span className="text-sm text-faint">
                  <Time at={entry.at} />
                </span>
              ) : null}
            </div>
            {entry.detail ? <div className="text-sm text-muted">{entry.detail}</div> : null}
          </div>
        </li>
      ))}
    </ol>
  )
}

export interface Step {
  id: string
  title: string
  detail?: ReactNode
  state: 'done' | 'current' | 'todo'
  /** The one action of the step, shown while it is not done. */
  action?: ReactNode
}

export function StepList({ steps, label }: { steps: readonly Step[]; label: string }) {
  const { t } = useTranslation('common')
  return (
    <ol aria-label={label} className="flex flex-col divide-y divide-line">
      {steps.map((step, index) => (
        <li
          key={step.id}
          aria-current={step.state === 'current' ? 'step' : undefined}
          className="flex items-center gap-3 px-4 py-3"
        >
          <span
            className={cx(
              'tabular grid size-6 shrink-0 place-items-center rounded-full border text-xs font-medium',
              step.state === 'done' && 'border-transparent bg-accent text-on-accent',
              step.state === 'current' && 'border-accent text-accent-text',
              step.state === 'todo' && 'border-line-strong text-faint',
            )}
          >
            {step.state === 'done' ? <Check size={14} strokeWidth={2.5} aria-label={t('done')} /> : index + 1}
          </span>
          <span className="flex min-w-0 flex-1 flex-col">
            <span
              className={cx(
                step.state === 'done' ? 'text-muted line-through decoration-line-strong' : 'font-medium',
              )}
            >
              {step.title}
            </span>
            {step.detail && step.state !== 'done' ? (
              <span className="text-sm text-muted">{step.detail}</span>
            ) : null}
          </span>
          {step.state === 'done' ? null : step.action}
        </li>
      ))}
    </ol>
  )
}
