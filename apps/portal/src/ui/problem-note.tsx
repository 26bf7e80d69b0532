// A failed action, told where the action was: title, detail, request id; nothing when there is no problem.

import { CircleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { asProblem, type Problem } from '../api/problem.ts'
import { PlainCopy } from './plain-button.tsx'
import { useProblemText } from './problem-text.ts'

export function ProblemNote({ problem: thrown }: { problem: unknown }) {
  return thrown === null || thrown === undefined ? null : <Note problem={asProblem(thrown)} />
}

function Note({ problem }: { problem: Problem }) {
  const { t } = useTranslation('common')
  const { title, detail } = useProblemText(problem)
  // A single error is often the sentence above once more.
  const errors = problem.errors.filter((entry) => !detail?.includes(entry.detail))
  return (
    <div
      role="alert"
      className="flex items-start gap-2.5 rounded-lg border border-danger-line bg-danger-soft px-3 py-2.5"
    >
      <CircleAlert size={16} aria-hidden className="mt-0.5 shrink-0 text-danger" />
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <p className="font-medium text-danger">{title}</p>
        {detail && detail !== title ? <p className="text-sm break-words text-ink">{detail}</p> : null}
        {errors.length > 0 ? (
          <ul className="list-disc pl-4 text-sm text-ink">
            {errors.slice(0, 5).map((entry) => (
              <li key={`${entry.pointer}${entry.detail}`}>
                {entry.pointer ? <code>{entry.pointer}</code> : null} {entry.detail}
              </li>
            ))}
          </ul>
        ) : null}
        {problem.requestId ? (
          <p className="flex items-center gap-1 text-xs text-muted">
            {t('requestId')} <code>{problem.requestId}</code>
            <PlainCopy text={problem.requestId} label={t('copyRequestId')} className="-my-1.5 size-6!" />
          </p>
        ) : null}
      </div>
    </div>
  )
}
