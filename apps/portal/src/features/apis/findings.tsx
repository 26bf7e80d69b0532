// What the importer has to say about a document, worst first, each with its line.

import { CircleAlert, Info, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'

export interface Finding {
  level: 'error' | 'warning' | 'info'
  code: string
  message: string
  pointer: string
  line: number | null
  column: number | null
}

const order = { error: 0, warning: 1, info: 2 }
const looks = {
  error: { icon: CircleAlert, tone: 'text-danger' },
  warning: { icon: TriangleAlert, tone: 'text-warning' },
  info: { icon: Info, tone: 'text-info' },
}
const firstShown = 6

interface FindingListProps {
  findings: readonly Finding[]
  /** Makes the line numbers buttons that lead to the place. */
  onLine?: (line: number) => void
}

export function FindingList({ findings, onLine }: FindingListProps) {
  const { t } = useTranslation('admin')
  const [isWhole, setWhole] = useState(false)
  const sorted = [...findings].sort(
    (a, b) => order[a.level] - order[b.level] || (a.line ?? 0) - (b.line ?? 0),
  )
  const shown = isWhole ? sorted : sorted.slice(0, firstShown)
  return (
    <div className="flex flex-col">
      <ul className="divide-y divide-line">
        {shown.map((finding) => {
          const { icon: Icon, tone } = looks[finding.level]
          const { line } = finding
          return (
            <li
              key={`${finding.code}${finding.pointer}${finding.message}${line}`}
              className="flex items-start gap-2.5 py-2"
            >
              <Icon
                size={16}
                aria-label={t(`import.level.${finding.level}`)}
                className={`mt-0.5 shrink-0 ${tone}`}
              />
              <span className="flex min-w-0 flex-1 flex-col">
                <span className="break-words">{finding.message}</span>
                <code className="text-xs break-all text-faint">{finding.pointer}</code>
              </span>
              {line === null ? null : onLine ? (
                <Button size="sm" variant="quiet" onPress={() => onLine(line)}>
                  {t('import.review.line', { line })}
                </Button>
              ) : (
                <span className="tabular shrink-0 text-sm text-muted">
                  {t('import.review.line', { line })}
                </span>
              )}
            </li>
          )
        })}
      </ul>
      {sorted.length > firstShown && !isWhole ? (
        <Button size="sm" variant="quiet" className="self-start" onPress={() => setWhole(true)}>
          {t('import.review.showAll', { count: sorted.length })}
        </Button>
      ) : null}
    </div>
  )
}

/** "2 errors · 5 warnings", or that there is nothing to complain about. */
export function useFindingSummary(): (findings: readonly Finding[]) => string {
  const { t } = useTranslation('admin')
  return (findings) => {
    const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length
    const parts = [
      count('error') > 0 ? t('import.review.errors', { count: count('error') }) : undefined,
      count('warning') > 0 ? t('import.review.warnings', { count: count('warning') }) : undefined,
      count('info') > 0 ? t('import.review.infos', { count: count('info') }) : undefined,
    ].filter((part) => part !== undefined)
    return parts.length > 0 ? parts.join(' · ') : t('import.review.noFindings')
  }
}
