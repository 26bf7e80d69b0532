// Journey J1: a document in, a look at what it makes, one button, and it answers on the gateways with a key.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { FileText, Link2, RotateCcw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { Link } from '../../ui/link.tsx'
import { Card, Page, PageHeader } from '../../ui/page.tsx'
import { FindingList, useFindingSummary } from './findings.tsx'
import { draftOf, type ImportDraft, ImportForm, type Preview } from './import-form.tsx'
import { OperationTable } from './operations.tsx'
import { environmentsQuery, forgetApis } from './queries.ts'
import { type DocumentSource, sourceOf } from './source.ts'
import { SourceBox } from './source-box.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/import')

export function ImportPage() {
  const { tenant, env } = route.useParams()
  const { url } = route.useSearch()
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const environments = useQuery(environmentsQuery).data?.data ?? []
  const [source, setSource] = useState<DocumentSource>()
  const [draft, setDraft] = useState<ImportDraft>()

  const preview = useMutation({
    mutationFn: (from: DocumentSource) => client.imports.preview({ tenant, source: from }),
    onSuccess: (read) => setDraft(draftOf(read, env)),
  })
  const read = (from: DocumentSource) => {
    setSource(from)
    setDraft(undefined)
    preview.mutate(from)
    void navigate({ search: { url: from.kind === 'url' ? from.url : undefined }, replace: true })
  }
  // A link with `?url=` starts with the review: useful in guides, and a reload keeps the place.
  const [isLeft, setLeft] = useState(false)
  useEffect(() => {
    const linked = url && !isLeft ? sourceOf(url) : undefined
    if (linked && source === undefined) {
      setSource(linked)
      preview.mutate(linked)
    }
  }, [url, isLeft, source, preview.mutate])

  const create = useMutation({
    mutationFn: async (wish: { draft: ImportDraft; source: DocumentSource; publish: boolean }) => {
      const created = await client.imports.create({
        tenant,
        source: wish.source,
        name: wish.draft.name,
        title: wish.draft.title,
        version: wish.draft.version,
        basePath: wish.draft.basePath,
        upstreamUrls: wish.draft.upstreamUrl === '' ? [] : [wish.draft.upstreamUrl],
        public: wish.draft.isPublic,
        visibility: { kind: wish.draft.visibility },
        plan:
          wish.draft.hasPlan && !wish.draft.isPublic
            ? { title: t('import.planTitle'), approval: 'auto', requestsPerMinute: 60 }
            : null,
      })
      const place = { tenant, api: created.api.name, apiVersion: created.apiVersion.name }
      if (!wish.publish) return { place, published: undefined, failure: undefined }
      try {
        const published = await client.publishing.publish({
          ...place,
          environments: [wish.draft.environment],
        })
        return { place, published, failure: undefined }
      } catch (failure) {
        return { place, published: undefined, failure }
      }
    },
    onSuccess: async ({ place, published, failure }, wish) => {
      void forgetApis(queryClient)
      const params = { tenant, env: wish.publish ? wish.draft.environment : env, api: place.api }
      if (published) {
        queryClient.setQueryData(['published', tenant, place.api], published)
        await navigate({
          to: '/admin/t/$tenant/$env/apis/$api/live',
          params,
          search: { version: place.apiVersion },
        })
      } else if (!failure) {
        await navigate({ to: '/admin/t/$tenant/$env/apis/$api', params })
      }
    },
  })
  const failed = create.data?.failure ? { place: create.data.place, problem: create.data.failure } : undefined

  return (
    <Page>
      <PageHeader
        crumbs={[
          <Link key="apis" to="/admin/t/$tenant/$env/apis" params={{ tenant, env }}>
            {t('import.crumb')}
          </Link>,
        ]}
        title={t('import.title')}
        sentence={t('import.sentence')}
        actions={
          preview.data && source ? (
            <Button
              icon={RotateCcw}
              onPress={() => {
                setLeft(true)
                setSource(undefined)
                setDraft(undefined)
                preview.reset()
                create.reset()
                void navigate({ search: {}, replace: true })
              }}
            >
              {t('import.source.another')}
            </Button>
          ) : null
        }
      />
      {preview.data && draft && source ? (
        <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="flex min-w-0 flex-col gap-6 max-lg:order-2">
            <DocumentFacts preview={preview.data} source={source} />
          </div>
          <ImportForm
            draft={draft}
            preview={preview.data}
            environments={environments}
            onChange={setDraft}
            onPublish={() => create.mutate({ draft, source, publish: true })}
            onSaveDraft={() => create.mutate({ draft, source, publish: false })}
            isPublishing={create.isPending && create.variables.publish}
            isSaving={create.isPending && !create.variables.publish}
            problem={create.error ?? failed?.problem}
            draftPlace={failed?.place}
            tenant={tenant}
            env={env}
          />
        </div>
      ) : (
        <div className="w-full max-w-3xl">
          <SourceBox
            onSource={read}
            isReading={preview.isPending}
            problem={preview.error}
            {...(url && !isLeft ? { address: url } : {})}
            withExample
          />
        </div>
      )}
    </Page>
  )
}

function SourceName({ source }: { source: DocumentSource }) {
  const { t } = useTranslation('admin')
  const Icon = source.kind === 'url' ? Link2 : FileText
  const name =
    source.kind === 'url' ? source.url : source.kind === 'file' ? source.name : t('import.source.pasted')
  return (
    <span className="flex min-w-0 items-center gap-2 text-muted">
      <Icon size={15} aria-hidden className="shrink-0" />
      <span className="min-w-0 truncate font-mono text-sm" title={name}>
        {name}
      </span>
    </span>
  )
}

function DocumentFacts({ preview, source }: { preview: Preview; source: DocumentSource }) {
  const { t } = useTranslation('admin')
  const summary = useFindingSummary()
  return (
    <>
      <Card className="flex flex-col gap-4">
        <div className="flex flex-col gap-1">
          <div className="flex flex-wrap items-center gap-2">
            <h2 className="text-lg font-semibold">{preview.title}</h2>
            <Badge>{`OpenAPI ${preview.specVersion}`.replace('OpenAPI 2', 'Swagger 2')}</Badge>
            <Badge
              tone={preview.lintScore >= 80 ? 'success' : preview.lintScore >= 50 ? 'warning' : 'danger'}
            >
              {t('import.review.score')} {preview.lintScore}
            </Badge>
          </div>
          <SourceName source={source} />
          {preview.description ? (
            <p className="mt-1 line-clamp-3 max-w-[72ch] text-muted">{preview.description}</p>
          ) : null}
        </div>
        <KeyValue
          look="grid"
          facts={[
            {
              label: t('import.review.format'),
              value: preview.format.toUpperCase(),
            },
            { label: t('import.review.documentVersion'), value: preview.documentVersion || '–' },
            {
              label: t('import.review.security'),
              value:
                preview.securitySchemes.length === 0
                  ? t('import.review.noSecurity')
                  : preview.securitySchemes.map((scheme) => scheme.name).join(', '),
            },
          ]}
        />
      </Card>
      <section className="flex flex-col gap-2">
        <h2 className="text-md font-semibold">
          {t('import.review.operations', { count: preview.operations.length })}
        </h2>
        <Card pad={false}>
          <OperationTable operations={preview.operations} />
        </Card>
      </section>
      <section className="flex flex-col gap-2">
        <div className="flex flex-wrap items-baseline justify-between gap-3">
          <h2 className="text-md font-semibold">{t('import.review.findings')}</h2>
          <span className="text-sm text-muted">{summary(preview.findings)}</span>
        </div>
        {preview.findings.length > 0 ? (
          <Card className="py-2!">
            <FindingList findings={preview.findings} />
          </Card>
        ) : null}
      </section>
    </>
  )
}
