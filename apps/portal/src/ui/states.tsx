// The designed states of a page or panel: empty, nothing found, no permission, error, loading.

import { ChevronRight, CircleAlert, type LucideIcon, RotateCw } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { cx } from './class-names.ts'
import { PlainButton, PlainCopy } from './plain-button.tsx'
import { useProblemText } from './problem-text.ts'

export interface EmptyStateProps {
  icon?: LucideIcon
  title: string
  /** What this place is for and why it is empty. */
  sentence: ReactNode
  /** One action. */
  action?: ReactNode
  className?: string
}

export function EmptyState({ icon: Icon, title, sentence, action, className }: EmptyStateProps) {
  return (
    <div className={cx('flex flex-col items-center gap-3 px-6 py-14 text-center', className)}>
      {Icon ? (
        <span className="grid size-10 place-items-center rounded-lg border border-line bg-surface text-muted">
          <Icon size={20} strokeWidth={1.75} aria-hidden />
        </span>
      ) : null}
      <div className="flex max-w-sm flex-col gap-1">
        <h3 className="font-semibold">{title}</h3>
        <p className="text-muted">{sentence}</p>
      </div>
      {action ? <div className="mt-1 flex gap-2">{action}</div> : null}
    </div>
  )
}

/** What failed, in the server's words, with the id that support will ask for. */
export function ErrorState({
  error,
  onRetry,
  className,
}: {
  error: unknown
  onRetry?: (() => void) | undefined
  className?: string
}) {
  const { t } = useTranslation('common')
  const problem = asProblem(error)
  const { title, detail } = useProblemText(problem)
  const report = [title, detail, `code ${problem.code}`, problem.requestId && `request ${problem.requestId}`]
    .filter(Boolean)
    .join('\n')
  return (
    <div role="alert" className={cx('flex flex-col items-center gap-3 px-6 py-14 text-center', className)}>
      <span className="grid size-10 place-items-center rounded-lg border border-danger-line bg-danger-soft text-danger">
        <CircleAlert size={20} strokeWidth={1.75} aria-hidden />
      </span>
      <div className="flex max-w-md flex-col gap-1">
        <h3 className="font-semibold">{title}</h3>
        {detail && detail !== title ? <p className="text-muted">{detail}</p> : null}
        {problem.status === 403 ? <p className="text-muted">{t('problem.askOwner')}</p> : null}
      </div>
      <div className="mt-1 flex flex-wrap items-center justify-center gap-2">
        {onRetry ? (
          <PlainButton icon={RotateCw} onPress={onRetry}>
            {t('retry')}
          </PlainButton>
        ) : null}
        <span className="inline-flex items-center gap-1 text-sm text-muted">
          {problem.requestId ? <code>{problem.requestId}</code> : null}
          <PlainCopy text={report} label={t('copyDetails')} />
        </span>
      </div>
    </div>
  )
}

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cx('block animate-pulse rounded-md bg-hover', className)} />
}

/** Becomes true only when loading lasts: under 150 ms a skeleton would flash. */
export function useSlow(isLoading: boolean, afterMs = 150): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!isLoading) {
      setSlow(false)
      return
    }
    const timer = setTimeout(() => setSlow(true), afterMs)
    return () => clearTimeout(timer)
  }, [isLoading, afterMs])
  return slow
}

/** A page that is still loading; after ten seconds it says so and offers a retry. */
export function PageLoading({ onRetry }: { onRetry?: () => void }) {
  const { t } = useTranslation('common')
  const show = useSlow(true)
  const late = useSlow(true, 10_000)
  if (late) {
    return (
      <EmptyState
        icon={RotateCw}
        title={t('problem.timeout.title')}
        sentence={t('problem.timeout.detail')}
        action={<PlainButton onPress={onRetry ?? (() => location.reload())}>{t('retry')}</PlainButton>}
      />
    )
  }
  return (
    <div
      role="status"
      aria-label={t('loading')}
      className={cx('flex flex-col gap-6 px-6 py-6', !show && 'invisible')}
    >
      <div className="flex flex-col gap-2">
        <Skeleton className="h-6 w-48" />
        <Skeleton className="h-4 w-80 max-w-full" />
      </div>
      <Skeleton className="h-64 w-full rounded-lg" />
    </div>
  )
}

/** One query, four outcomes: the caller writes only the good one. */
export function Loaded<T>({
  query,
  children,
  skeleton,
}: {
  query: { data: T | undefined; error: unknown; refetch(): unknown; isPending?: boolean }
  children: (data: T) => ReactNode
  skeleton?: ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />
  return skeleton ?? <PageLoading onRetry={() => void query.refetch()} />
}

/** Details that most readers may skip; `isOpen` opens them when they are suddenly of interest. */
export function More({
  summary,
  children,
  isOpen,
  className,
}: {
  summary: ReactNode
  children: ReactNode
  isOpen?: boolean
  className?: string
}) {
  return (
    <details open={isOpen || undefined} className={cx('group', className)}>
      <summary className="flex w-fit cursor-pointer list-none items-center gap-1 rounded-md font-medium text-muted hover:text-ink [&::-webkit-details-marker]:hidden">
        <ChevronRight size={14} aria-hidden className="transition-transform group-open:rotate-90" />
        {summary}
      </summary>
      <div className="pt-3 pl-4.5">{children}</div>
    </details>
  )
}
