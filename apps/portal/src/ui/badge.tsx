// Badges: a word with a state colour. State chips carry a dot so that colour is never the only sign.

import type { ReactNode } from 'react'
import { cx } from './class-names.ts'

export type Tone = 'neutral' | 'accent' | 'success' | 'warning' | 'danger' | 'info'

const tones: Record<Tone, string> = {
  neutral: 'border-line bg-sunken text-muted',
  accent: 'border-accent-line bg-accent-soft text-accent-text',
  success: 'border-success-line bg-success-soft text-success',
  warning: 'border-warning-line bg-warning-soft text-warning',
  danger: 'border-danger-line bg-danger-soft text-danger',
  info: 'border-info-line bg-info-soft text-info',
}

const dots: Record<Tone, string> = {
  neutral: 'bg-faint',
  accent: 'bg-accent',
  success: 'bg-success-solid',
  warning: 'bg-warning-solid',
  danger: 'bg-danger-solid',
  info: 'bg-info-solid',
}

export function Badge({
  tone = 'neutral',
  children,
  className,
}: {
  tone?: Tone
  children: ReactNode
  className?: string
}) {
  return (
    <span
      className={cx(
        'inline-flex h-5 shrink-0 items-center gap-1 rounded-md border px-1.5 text-xs font-medium whitespace-nowrap',
        tones[tone],
        className,
      )}
    >
      {children}
    </span>
  )
}

/** A state: draft, published, active, revoked … */
export function StateChip({
  tone,
  children,
  className,
}: {
  tone: Tone
  children: ReactNode
  className?: string
}) {
  return (
    <span
      className={cx(
        'inline-flex h-5 shrink-0 items-center gap-1.5 rounded-full border px-2 text-xs font-medium whitespace-nowrap',
        tones[tone],
        className,
      )}
    >
      <span aria-hidden className={cx('size-1.5 rounded-full', dots[tone])} />
      {children}
    </span>
  )
}

export function Dot({ tone, className }: { tone: Tone; className?: string }) {
  return (
    <span aria-hidden className={cx('inline-block size-2 shrink-0 rounded-full', dots[tone], className)} />
  )
}

const methodTones: Record<string, string> = {
  GET: 'text-info',
  HEAD: 'text-info',
  QUERY: 'text-info',
  POST: 'text-success',
  PUT: 'text-warning',
  PATCH: 'text-warning',
  DELETE: 'text-danger',
}

/** An HTTP method: fixed width, so that paths beside it line up. */
export function MethodBadge({ method, className }: { method: string; className?: string }) {
  const name = method.toUpperCase()
  return (
    <span
      className={cx(
        'inline-block w-14 shrink-0 font-mono text-xs font-semibold',
        methodTones[name] ?? 'text-muted',
        className,
      )}
    >
      {name}
    </span>
  )
}

/** An HTTP status with its class colour. */
export function StatusCode({ status }: { status: number }) {
  const tone = status >= 500 ? 'danger' : status >= 400 ? 'warning' : status >= 300 ? 'info' : 'success'
  return (
    <span className="inline-flex items-center gap-1.5 tabular">
      <Dot tone={tone} className="size-1.5!" />
      <span className="font-mono text-sm">{status}</span>
    </span>
  )
}
