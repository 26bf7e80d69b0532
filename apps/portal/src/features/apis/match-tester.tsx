// "Which route wins for this URL?" — a live gateway answers, so the published state is tested, not the draft.

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { ExplanationView } from '../../pipeline/explanation.tsx'
import { readHeaders } from '../../pipeline/header-lines.ts'
import { Button } from '../../ui/button.tsx'
import { Card } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { More } from '../../ui/states.tsx'
import { TextArea, TextField } from '../../ui/text-field.tsx'

interface MatchTesterProps {
  tenant: string
  env: string
  basePath: string
  path: string | undefined
  onPath(path: string): void
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY'] as const

export function MatchTester({ tenant, env, basePath, path, onPath }: MatchTesterProps) {
  const { t } = useTranslation('admin')
  const [method, setMethod] = useState<(typeof methods)[number]>('GET')
  const [url, setUrl] = useState(path ?? `${basePath === '/' ? '' : basePath}/`)
  const [headers, setHeaders] = useState('')
  const read = readHeaders(headers)
  const test = useMutation({
    mutationFn: () =>
      client.explain.request({ tenant, environment: env, method, url, headers: read.headers }),
  })
  return (
    <Card className="flex flex-col gap-4">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (read.badLine !== undefined) return
          onPath(url)
          test.mutate()
        }}
      >
        <div className="flex items-end gap-2 max-sm:flex-col max-sm:items-stretch">
          <Select
            label={t('explain.method')}
            value={method}
            onChange={setMethod}
            options={methods.map((value) => ({ value, label: value }))}
            className="w-28 max-sm:w-full"
          />
          <TextField
            label={t('explain.url')}
            value={url}
            onChange={setUrl}
            mono
            className="min-w-0 flex-1"
            autoFocus
          />
          <Button
            variant="primary"
            type="submit"
            isPending={test.isPending}
            isDisabled={read.badLine !== undefined}
          >
            {t('explain.explain')}
          </Button>
        </div>
        <More summary={t('explain.withHeaders')}>
          <TextArea
            label={t('explain.headers')}
            help={t('routes.testerHeaders')}
            error={
              read.badLine === undefined ? undefined : t('explain.headerInvalid', { line: read.badLine })
            }
            value={headers}
            onChange={setHeaders}
            rows={3}
            mono
          />
        </More>
      </form>
      <ProblemNote problem={test.error} />
      {test.data ? <ExplanationView explanation={test.data} look="routes" /> : null}
    </Card>
  )
}
