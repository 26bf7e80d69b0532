// Explain: a made-up request, answered by a live gateway with every route it considered and every policy's verdict.

import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { SquareTerminal } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { ExplanationView } from '../../pipeline/explanation.tsx'
import { readHeaders } from '../../pipeline/header-lines.ts'
import { Button } from '../../ui/button.tsx'
import { Card, Page, PageHeader } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { TextArea, TextField } from '../../ui/text-field.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/explain')
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'QUERY'] as const

export function ExplainPage() {
  const { tenant, env } = route.useParams()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const environment = useQuery(
    orpc.environments.list.queryOptions({ input: {}, staleTime: 60_000 }),
  ).data?.data.find((candidate) => candidate.name === env)
  const [method, setMethod] = useState<(typeof methods)[number]>(
    methods.find((name) => name === search.method) ?? 'GET',
  )
  const [url, setUrl] = useState(search.url ?? '/')
  const [headers, setHeaders] = useState('')
  const [address, setAddress] = useState('127.0.0.1')
  const read = readHeaders(headers)
  const explain = useMutation({
    mutationFn: () =>
      client.explain.request({ tenant, environment: env, method, url, headers: read.headers, address }),
  })
  return (
    <Page>
      <PageHeader title={t('explain.title')} sentence={t('explain.sentence')} />
      <div className="grid items-start gap-6 lg:grid-cols-[24rem_minmax(0,1fr)]">
        <Card className="p-5!">
          <form
            className="flex flex-col gap-4"
            onSubmit={(event) => {
              event.preventDefault()
              // The key in a header is a secret, so only method and URL go into the address bar.
              void navigate({ search: { method, url }, replace: true })
              explain.mutate()
            }}
          >
            <div className="grid grid-cols-[7.5rem_minmax(0,1fr)] items-start gap-3">
              <Select
                label={t('explain.method')}
                value={method}
                onChange={setMethod}
                options={methods.map((value) => ({ value, label: value }))}
              />
              <TextField label={t('explain.url')} value={url} onChange={setUrl} mono autoFocus />
            </div>
            <p className="-mt-2 text-sm text-muted">
              {t('explain.urlHelp', { gateway: environment?.gatewayUrl ?? env })}
            </p>
            <TextArea
              label={t('explain.headers')}
              help={t('explain.headersHelp')}
              error={
                read.badLine === undefined ? undefined : t('explain.headerInvalid', { line: read.badLine })
              }
              value={headers}
              onChange={setHeaders}
              rows={4}
              mono
            />
            <TextField label={t('explain.address')} value={address} onChange={setAddress} mono />
            <ProblemNote problem={explain.error} />
            <Button
              variant="primary"
              type="submit"
              isPending={explain.isPending}
              isDisabled={read.badLine !== undefined}
            >
              {t('explain.explain')}
            </Button>
          </form>
        </Card>
        <Card className="min-h-80 p-5!">
          {explain.data ? (
            <ExplanationView explanation={explain.data} />
          ) : (
            <EmptyState
              icon={SquareTerminal}
              title={t('explain.empty')}
              sentence={t('explain.emptySentence', { environment: environment?.title ?? env })}
            />
          )}
        </Card>
      </div>
    </Page>
  )
}
