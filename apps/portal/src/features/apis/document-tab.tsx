// The original document, byte for byte, with its findings; a newer one is compared before it replaces it.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Download, FileCode, Import } from 'lucide-react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { ExternalLink } from '../../ui/link.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { ScrollRegion } from '../../ui/scroll-region.tsx'
import { EmptyState, Loaded, Skeleton } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'
import { FindingList, useFindingSummary } from './findings.tsx'
import { useApiPlace } from './place.ts'
import { documentQuery, forgetApis, type VersionPlace, versionQuery } from './queries.ts'
import type { DocumentSource } from './source.ts'
import { SourceBox } from './source-box.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/apis/$api/document')
const CodeView = lazy(() => import('../../ui/code-view.tsx'))

export function DocumentTab() {
  const { tenant, place } = useApiPlace()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const version = useQuery(versionQuery(place))
  const [isImporting, setImporting] = useState(false)
  return (
    <Loaded query={version}>
      {(loaded) => {
        const button =
          may('api:write') && loaded.lifecycle !== 'retired' ? (
            <Button icon={Import} onPress={() => setImporting(true)}>
              {t('document.reimport')}
            </Button>
          ) : null
        return (
          <>
            {loaded.document ? (
              <Original version={loaded} place={place} action={button} />
            ) : (
              <EmptyState
                icon={FileCode}
                title={t('document.none')}
                sentence={t('document.noneSentence')}
                action={button}
              />
            )}
            {isImporting ? (
              <ReimportDialog version={loaded} place={place} onClose={() => setImporting(false)} />
            ) : null}
          </>
        )
      }}
    </Loaded>
  )
}

function Original({
  version,
  place,
  action,
}: {
  version: ApiVersion
  place: VersionPlace
  action: React.ReactNode
}) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const summary = useFindingSummary()
  const { line } = route.useSearch()
  const navigate = route.useNavigate()
  const original = useQuery(documentQuery(place))
  const text = useMemo(() => (original.data ? textOf(original.data.base64) : ''), [original.data])
  const facts = version.document
  if (!facts) return null
  return (
    <div className="flex flex-col gap-6">
      <Section
        title={t('document.original')}
        sentence={
          <span className="flex flex-wrap gap-x-3">
            {t('document.facts', {
              format: `OpenAPI ${facts.specVersion}, ${facts.format.toUpperCase()}`,
              size: format.bytes(facts.bytes),
              ago: format.ago(facts.importedAt),
            })}
            {facts.sourceUrl ? <ExternalLink href={facts.sourceUrl}>{facts.sourceUrl}</ExternalLink> : null}
          </span>
        }
        actions={
          <>
            {original.data ? (
              <Button
                icon={Download}
                onPress={() =>
                  saveFile(`${place.api}-${place.apiVersion}.${facts.format}`, 'text/plain', text)
                }
              >
                {t('document.download')}
              </Button>
            ) : null}
            {action}
          </>
        }
      >
        <Loaded query={original} skeleton={<Skeleton className="h-[32rem] w-full" />}>
          {(loaded) => (
            <Suspense fallback={<Skeleton className="h-[32rem] w-full" />}>
              <CodeView
                text={text}
                language={loaded.format}
                label={t('document.original')}
                line={line}
                height="max(24rem, calc(100dvh - 24rem))"
              />
            </Suspense>
          )}
        </Loaded>
      </Section>
      {original.data ? (
        <Section title={t('document.findings')} sentence={summary(original.data.findings)}>
          {original.data.findings.length > 0 ? (
            <Card className="py-2!">
              <FindingList
                findings={original.data.findings}
                onLine={(next) => {
                  void navigate({ search: (old) => ({ ...old, line: next }), replace: true })
                  window.scrollTo({ top: 0 })
                }}
              />
            </Card>
          ) : null}
        </Section>
      ) : null}
    </div>
  )
}

function textOf(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))
}

const classTones = { breaking: 'danger', 'non-breaking': 'success', docs: 'neutral' } as const

function ReimportDialog({
  version,
  place,
  onClose,
}: {
  version: ApiVersion
  place: VersionPlace
  onClose(): void
}) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  // The draft that the comparison is made with: one that changed since is told, not replaced unseen.
  const [compared] = useState(version)
  const [source, setSource] = useState<DocumentSource>()
  const preview = useMutation({
    mutationFn: (from: DocumentSource) => client.versions.previewReimport({ ...place, source: from }),
  })
  const apply = useMutation({
    mutationFn: (from: DocumentSource) =>
      client.versions.reimport({ ...place, source: from }, { context: { ifMatch: compared.version } }),
    onSuccess: async () => {
      toast({ title: t('document.applied'), detail: t('pipeline.savedDraftDetail') })
      onClose()
      await forgetApis(queryClient)
    },
  })
  const changes = preview.data?.changes ?? []
  const count = (kind: 'breaking' | 'non-breaking' | 'docs') =>
    changes.filter((change) => change.class === kind).length
  if (!preview.data || !source) {
    return (
      <Dialog isOpen onClose={onClose} size="lg" title={t('document.reimport')}>
        <SourceBox
          onSource={(from) => {
            setSource(from)
            preview.mutate(from)
          }}
          isReading={preview.isPending}
          problem={preview.error}
        />
      </Dialog>
    )
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      isLocked={apply.isPending}
      title={t('document.reimportTitle')}
      sentence={t('document.reimportSentence')}
      footer={
        <>
          <Button
            onPress={() => {
              setSource(undefined)
              preview.reset()
              apply.reset()
            }}
          >
            {t('document.other')}
          </Button>
          <Button variant="primary" isPending={apply.isPending} onPress={() => apply.mutate(source)}>
            {t('document.apply')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <div className="flex flex-wrap gap-2">
          {count('breaking') > 0 ? (
            <Badge tone="danger">{t('document.breaking', { count: count('breaking') })}</Badge>
          ) : null}
          {count('non-breaking') > 0 ? (
            <Badge tone="success">{t('document.nonBreaking', { count: count('non-breaking') })}</Badge>
          ) : null}
          {count('docs') > 0 ? <Badge>{t('document.docs', { count: count('docs') })}</Badge> : null}
        </div>
        {count('breaking') > 0 ? <p className="text-danger">{t('document.breakingNote')}</p> : null}
        {changes.length === 0 ? (
          <p className="text-muted">{t('document.noChanges')}</p>
        ) : (
          <ScrollRegion
            label={t('document.reimportTitle')}
            maxHeight="24rem"
            className="overflow-y-auto rounded-lg border border-line"
          >
            <ul className="divide-y divide-line">
              {[...changes]
                .sort((a, b) => rank[a.class] - rank[b.class])
                .map((change) => (
                  <li
                    key={`${change.code}${change.pointer}${change.message}`}
                    className="flex items-start gap-3 px-3 py-2"
                  >
                    <span className="flex min-w-0 flex-1 flex-col">
                      {change.operation ? (
                        <code className="text-sm break-all">{change.operation}</code>
                      ) : null}
                      <span className="break-words text-muted">{change.message}</span>
                    </span>
                    <Badge tone={classTones[change.class]}>{t(`document.class.${change.class}`)}</Badge>
                  </li>
                ))}
            </ul>
          </ScrollRegion>
        )}
        {preview.data.findings.length > 0 ? <FindingList findings={preview.data.findings} /> : null}
        <ProblemNote problem={apply.error} />
      </div>
    </Dialog>
  )
}

const rank = { breaking: 0, 'non-breaking': 1, docs: 2 }
