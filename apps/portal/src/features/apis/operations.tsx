// The operations that a document would make, with a filter and the counts per method.

import { Lock, LockOpen } from 'lucide-react'
import { useDeferredValue, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Badge, MethodBadge } from '../../ui/badge.tsx'
import { useFormat } from '../../ui/format.ts'
import { SearchField } from '../../ui/text-field.tsx'
import { VirtualList } from '../../ui/virtual-list.tsx'

export interface ImportedOperation {
  method: string
  path: string
  operationId: string | null
  summary: string | null
  tags: readonly string[]
  deprecated: boolean
  parameterCount: number
  secured: boolean
}

export function OperationTable({ operations }: { operations: readonly ImportedOperation[] }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const [filter, setFilter] = useState('')
  const wanted = useDeferredValue(filter.trim().toLowerCase())
  const shown =
    wanted === ''
      ? operations
      : operations.filter((operation) =>
          `${operation.method} ${operation.path} ${operation.operationId ?? ''} ${operation.summary ?? ''}`
            .toLowerCase()
            .includes(wanted),
        )
  const methods = [...new Set(operations.map((operation) => operation.method.toUpperCase()))]
  if (operations.length === 0) return <p className="p-4 text-muted">{t('import.review.noOperations')}</p>
  return (
    <div className="flex flex-col">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2.5">
        <SearchField
          label={t('import.review.filter')}
          value={filter}
          onChange={setFilter}
          className="w-56 max-sm:w-full"
        />
        <span className="ml-auto flex flex-wrap gap-x-4 gap-y-1 text-sm text-muted">
          {methods.map((method) => (
            <span key={method} className="tabular inline-flex items-center">
              <MethodBadge method={method} className="w-auto! pr-1.5" />
              {format.count(
                operations.filter((operation) => operation.method.toUpperCase() === method).length,
              )}
            </span>
          ))}
        </span>
      </div>
      <VirtualList
        label={t('import.review.operations', { count: operations.length })}
        rows={shown}
        rowId={(operation) => `${operation.method} ${operation.path}`}
        maxHeight="26rem"
      >
        {(operation) => (
          <div className="flex min-h-10 items-center gap-3 border-b border-line px-4 py-1.5">
            <MethodBadge method={operation.method} />
            <span className="flex min-w-0 flex-1 items-baseline gap-3 max-sm:flex-col max-sm:gap-0">
              <code className="min-w-0 break-all sm:min-w-2/5 sm:max-w-3/4 sm:shrink-0">
                {operation.path}
              </code>
              <span className="min-w-0 flex-1 truncate text-sm text-muted">{operation.summary}</span>
            </span>
            {operation.deprecated ? <Badge tone="warning">{t('import.review.deprecated')}</Badge> : null}
            {operation.secured ? (
              <Lock size={14} aria-label={t('import.review.secured')} className="shrink-0 text-faint" />
            ) : (
              <LockOpen size={14} aria-hidden className="shrink-0 text-transparent" />
            )}
          </div>
        )}
      </VirtualList>
    </div>
  )
}
