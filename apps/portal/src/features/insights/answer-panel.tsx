// A panel around the answer of one question: the call that asks it, loading and failure, and what its numbers stand on.

import { Check, TerminalSquare } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Panel } from '../../charts/panel.tsx'
import { IconButton } from '../../ui/button.tsx'
import { useFormat } from '../../ui/format.ts'
import { ErrorState, Skeleton } from '../../ui/states.tsx'
import { useTick } from '../../ui/tick.ts'
import { useCopy } from '../../ui/use-copy.ts'
import { callOf, type Slice } from './scope.ts'

export interface Basis {
  from: string
  to: string
  bucketSeconds: number
  source: 'raw' | 'minute' | 'hour' | 'day'
  updatedAt: string | null
}

export interface Answer<D> {
  data: D | undefined
  error: unknown
  refetch(): unknown
}

interface AnswerPanelProps<D> {
  title: string
  /** The last part of the question's path in the API. */
  question: string
  slice: Slice
  query: Answer<D>
  /** Left of the button that copies the call. */
  actions?: ReactNode
  /** Height of the skeleton while the first answer is awaited. */
  skeletonClass?: string
  children(data: D): ReactNode
}

export function AnswerPanel<D extends { basis: Basis }>({
  title,
  question,
  slice,
  query,
  actions,
  skeletonClass = 'h-48',
  children,
}: AnswerPanelProps<D>) {
  return (
    <Panel
      title={title}
      actions={
        <>
          {actions}
          <CallButton question={question} slice={slice} />
        </>
      }
      foot={<BasisLine basis={query.data?.basis} />}
    >
      {query.data ? (
        children(query.data)
      ) : query.error ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} className="py-8!" />
      ) : (
        <Skeleton className={`w-full ${skeletonClass}`} />
      )}
    </Panel>
  )
}

export function CallButton({ question, slice }: { question: string; slice: Slice }) {
  const { t } = useTranslation('insights')
  const [copied, copy] = useCopy()
  return (
    <IconButton
      size="sm"
      icon={copied ? Check : TerminalSquare}
      label={copied ? t('callCopied') : t('copyCall')}
      onPress={() => void copy(callOf(question, slice))}
    />
  )
}

/** The range is in the toolbar already; where it was cut to whole buckets, the title tells. */
export function BasisLine({ basis }: { basis: Basis | undefined }) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  useTick()
  if (!basis) return null
  return (
    <span className="tabular" title={`${format.dateTime(basis.from)} – ${format.dateTime(basis.to)}`}>
      {t(`basis.source.${basis.source}`)},{' '}
      {t('basis.bucket', { duration: format.duration(basis.bucketSeconds * 1000) })} ·{' '}
      {basis.updatedAt ? t('basis.newest', { ago: format.ago(basis.updatedAt) }) : t('basis.noEvents')}
    </span>
  )
}
