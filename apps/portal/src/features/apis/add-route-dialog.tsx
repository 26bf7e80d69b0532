// Adds a route by hand, for APIs that have no document or go beyond it.

import type { Route } from '@gatewright/shared/model/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { More } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { ConditionRows, UpstreamChoice } from './condition-rows.tsx'
import { type ConditionRow, conditionsOf, isComplete } from './conditions.ts'
import { forgetApis, type VersionPlace, versionQuery } from './queries.ts'

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY'] as const

interface AddRouteDialogProps {
  place: VersionPlace
  onClose(): void
  onAdded(route: Route): void
}

export function AddRouteDialog({ place, onClose, onAdded }: AddRouteDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const [method, setMethod] = useState<(typeof methods)[number]>('GET')
  const [path, setPath] = useState('/')
  const [summary, setSummary] = useState('')
  const [rows, setRows] = useState<readonly ConditionRow[]>([])
  const [upstream, setUpstream] = useState<string | null>(null)
  const upstreams = useQuery(versionQuery(place)).data?.upstreams ?? []
  const pathError = /^\/[^?#\s]*$/.test(path) ? undefined : t('routes.addDialog.pathInvalid')
  const add = useMutation({
    mutationFn: () =>
      client.routes.create({
        ...place,
        method,
        path,
        when: conditionsOf(rows),
        upstream,
        summary: summary.trim() === '' ? null : summary.trim(),
      }),
    onSuccess: async (created) => {
      await forgetApis(queryClient)
      onAdded(created)
    },
  })
  const errors = errorsByPath(add.error)
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      title={t('routes.addDialog.title')}
      footer={
        <Button
          variant="primary"
          isPending={add.isPending}
          isDisabled={pathError !== undefined || !rows.every(isComplete)}
          onPress={() => add.mutate()}
        >
          {t('routes.addDialog.add')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="grid grid-cols-[8rem_minmax(0,1fr)] items-start gap-3 max-sm:grid-cols-1">
          <Select
            label={t('routes.addDialog.method')}
            value={method}
            onChange={setMethod}
            options={methods.map((value) => ({ value, label: value }))}
          />
          <TextField
            label={t('routes.addDialog.path')}
            help={t('routes.addDialog.pathHelp')}
            error={pathError}
            value={path}
            onChange={setPath}
            mono
            autoFocus
          />
        </div>
        <TextField
          label={t('routes.addDialog.summary')}
          aside={t('optional')}
          value={summary}
          onChange={setSummary}
          maxLength={300}
        />
        <More summary={t('routes.conditions.more')} isOpen={rows.length > 0}>
          <div className="flex flex-col gap-4">
            <ConditionRows rows={rows} onChange={setRows} isEditable errors={errors} />
            {upstreams.length > 1 ? (
              <UpstreamChoice
                names={upstreams.map(({ name }) => name)}
                value={upstream}
                onChange={setUpstream}
                isEditable
                error={errors.get('/upstream')}
              />
            ) : null}
          </div>
        </More>
        <ProblemNote problem={add.error} />
      </div>
    </Dialog>
  )
}
