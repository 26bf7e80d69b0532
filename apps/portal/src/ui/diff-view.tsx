// What changed: as a list of named changes, and as text with the untouched parts folded away.

import { Minus, PencilLine, Plus } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { cx } from './class-names.ts'
import { type DiffLine, diffLines } from './line-diff.ts'
import { ScrollRegion } from './scroll-region.tsx'

export interface Change {
  kind: 'added' | 'removed' | 'changed'
  /** Where, in words or as a path. */
  what: ReactNode
  before?: string | undefined
  after?: string | undefined
  /** Right of the line: "breaking". */
  mark?: ReactNode
}

const kinds = {
  added: { icon: Plus, tone: 'text-success' },
  removed: { icon: Minus, tone: 'text-danger' },
  changed: { icon: PencilLine, tone: 'text-warning' },
}

export function ChangeList({ changes }: { changes: readonly Change[] }) {
  const { t } = useTranslation('common')
  return (
    <ul className="divide-y divide-line rounded-lg border border-line bg-surface">
      {changes.map((change, index) => {
        const { icon: Icon, tone } = kinds[change.kind]
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a diff is a fixed list
          <li key={index} className="flex items-start gap-2.5 px-3 py-2">
            <Icon size={16} aria-label={t(`diff.${change.kind}`)} className={cx('mt-0.5 shrink-0', tone)} />
            <div className="flex min-w-0 flex-1 flex-col">
              <span className="break-words">{change.what}</span>
              {change.before !== undefined || change.after !== undefined ? (
                <span className="text-sm break-words text-muted">
                  {change.before === undefined ? null : (
                    <del className="decoration-danger">{change.before}</del>
                  )}
                  {change.before !== undefined && change.after !== undefined ? ' → ' : null}
                  {change.after === undefined ? null : (
                    <ins className="text-ink no-underline">{change.after}</ins>
                  )}
                </span>
              ) : null}
            </div>
            {change.mark}
          </li>
        )
      })}
    </ul>
  )
}

/** A unified text diff; runs of unchanged lines longer than `context` on both sides are folded. */
export function DiffView({
  before,
  after,
  title,
  context = 3,
}: {
  before: string
  after: string
  title: string
  context?: number
}) {
  const { t } = useTranslation('common')
  const parts = useMemo(() => fold(diffLines(before, after), context), [before, after, context])
  const added = parts.flatMap((part) => part.lines).filter((line) => line.kind === 'added').length
  const removed = parts.flatMap((part) => part.lines).filter((line) => line.kind === 'removed').length
  return (
    <figure className="min-w-0 overflow-hidden rounded-lg border border-line bg-surface">
      <figcaption className="flex h-9 items-center justify-between gap-3 border-b border-line bg-sunken px-3 text-xs font-medium text-muted">
        <span className="truncate">{title}</span>
        <span className="tabular flex gap-2">
          <span className="text-success">+{added}</span>
          <span className="text-danger">−{removed}</span>
        </span>
      </figcaption>
      <ScrollRegion
        label={title}
        maxHeight="28rem"
        className="overflow-auto py-1 font-mono text-sm leading-5"
      >
        {parts.length === 0 ? <p className="px-3 py-4 text-muted">{t('diff.none')}</p> : null}
        {parts.map((part) =>
          part.isFolded ? (
            <p key={part.key} className="bg-sunken px-3 py-0.5 text-xs text-faint">
              {t('diff.folded', { count: part.lines.length })}
            </p>
          ) : (
            part.lines.map((line) => (
              <div
                key={`${line.kind}${line.beforeNo ?? ''}/${line.afterNo ?? ''}`}
                className={cx(
                  'flex w-max min-w-full',
                  line.kind === 'added' && 'bg-success-soft',
                  line.kind === 'removed' && 'bg-danger-soft',
                )}
              >
                <span aria-hidden className="tabular w-10 shrink-0 pr-2 text-right text-faint select-none">
                  {line.beforeNo ?? ''}
                </span>
                <span aria-hidden className="tabular w-10 shrink-0 pr-2 text-right text-faint select-none">
                  {line.afterNo ?? ''}
                </span>
                <span
                  className={cx(
                    'w-4 shrink-0 select-none',
                    line.kind === 'added' ? 'text-success' : 'text-danger',
                  )}
                >
                  {line.kind === 'added' ? '+' : line.kind === 'removed' ? '−' : ' '}
                </span>
                <span className="pr-4 whitespace-pre">{line.text}</span>
              </div>
            ))
          ),
        )}
      </ScrollRegion>
    </figure>
  )
}

interface Part {
  key: string
  isFolded: boolean
  lines: DiffLine[]
}

function fold(lines: readonly DiffLine[], context: number): Part[] {
  if (lines.every((line) => line.kind === 'same')) return []
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - context), index + context + 1).some((line) => line.kind !== 'same'),
  )
  const parts: Part[] = []
  lines.forEach((line, index) => {
    const isFolded = !near[index]
    const last = parts[parts.length - 1]
    if (last && last.isFolded === isFolded) last.lines.push(line)
    else parts.push({ key: String(index), isFolded, lines: [line] })
  })
  return parts
}
