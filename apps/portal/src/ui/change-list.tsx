// What changed, as a list of named changes.

import { Minus, PencilLine, Plus } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { cx } from './class-names.ts'

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
