// What every panel carries beside its chart: the call that makes it, and what its numbers stand on.

import { Check, TerminalSquare } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../ui/button.tsx'
import { useFormat } from '../../ui/format.ts'
import { useCopy } from '../../ui/use-copy.ts'
import { callOf, type Slice } from './scope.ts'

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

export interface Basis {
  from: string
  to: string
  bucketSeconds: number
  source: 'raw' | 'minute' | 'hour' | 'day'
  updatedAt: string | null
}

export function BasisLine({ basis }: { basis: Basis | undefined }) {
  const { t } = useTranslation('insights')
  const format = useFormat()
  if (!basis) return null
  return (
    <span className="tabular">
      {t(`basis.source.${basis.source}`)} ·{' '}
      {t('basis.bucket', { duration: format.duration(basis.bucketSeconds * 1000) })} ·{' '}
      {format.dateTime(basis.from)} – {format.dateTime(basis.to)} ·{' '}
      {basis.updatedAt ? t('basis.newest', { ago: format.ago(basis.updatedAt) }) : t('basis.noEvents')}
    </span>
  )
}

export const classSeries = [
  { key: 's2xx', label: '2xx', color: 'var(--http-2xx)' },
  { key: 's3xx', label: '3xx', color: 'var(--http-3xx)' },
  { key: 's4xx', label: '4xx', color: 'var(--http-4xx)' },
  { key: 's5xx', label: '5xx', color: 'var(--http-5xx)' },
] as const

export const percentileSeries = [
  { key: 'p50', label: 'p50', color: 'var(--p50)' },
  { key: 'p95', label: 'p95', color: 'var(--p95)' },
  { key: 'p99', label: 'p99', color: 'var(--p99)' },
] as const
