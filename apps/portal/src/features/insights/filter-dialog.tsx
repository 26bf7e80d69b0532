// Adds a filter from what the range itself holds, so that every choice finds something.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { ComboBox, type Option, Select } from '../../ui/select.tsx'
import type { Scope } from './scope.ts'

type Kind = 'api' | 'application' | 'route' | 'method' | 'statusClass'
const kinds: readonly Kind[] = ['api', 'application', 'route', 'method', 'statusClass']
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY']

export function FilterDialog({ scope, onClose }: { scope: Scope; onClose(): void }) {
  const { t } = useTranslation('insights')
  const [kind, setKind] = useState<Kind>('api')
  const [value, setValue] = useState<string | null>(null)
  const options = useOptions(kind, scope)
  const apply = () => {
    if (value === null) return
    scope.set({ [kind]: value })
    onClose()
  }
  return (
    <Dialog
      isOpen
      size="sm"
      onClose={onClose}
      title={t('filter.title')}
      footer={
        <Button variant="primary" isDisabled={value === null} onPress={apply}>
          {t('filter.apply')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <Select
          label={t('filter.what')}
          value={kind}
          onChange={(next) => {
            setKind(next)
            setValue(null)
          }}
          options={kinds.map((name) => ({ value: name, label: t(`filter.${name}`) }))}
        />
        <ComboBox
          key={kind}
          label={t('filter.value')}
          value={value}
          onChange={setValue}
          options={options}
          emptyText={t('ranked.none')}
        />
      </div>
    </Dialog>
  )
}

function useOptions(kind: Kind, { slice }: Scope): Option[] {
  const format = useFormat()
  const input = { tenant: slice.tenant, environment: slice.environment, from: slice.from, to: slice.to }
  const apis = useQuery({ ...orpc.analytics.topApis.queryOptions({ input }), enabled: kind === 'api' }).data
  const applications = useQuery({
    ...orpc.analytics.topApplications.queryOptions({ input }),
    enabled: kind === 'application',
  }).data
  const routes = useQuery({
    ...orpc.analytics.topRoutes.queryOptions({ input }),
    enabled: kind === 'route',
  }).data
  if (kind === 'method') return methods.map((name) => ({ value: name, label: name }))
  if (kind === 'statusClass')
    return ['2xx', '3xx', '4xx', '5xx'].map((name) => ({ value: name, label: name }))
  const ranked = kind === 'api' ? apis : kind === 'application' ? applications : routes
  return (ranked?.data ?? []).flatMap(({ subject, requests }) =>
    subject.id
      ? [{ value: subject.id, label: subject.title || subject.name, detail: format.count(requests) }]
      : [],
  )
}
