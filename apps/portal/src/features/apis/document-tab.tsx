// The original document, byte for byte, with its findings; a newer one is compared before it replaces it.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Download, FileCode, Import } from 'lucide-react'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { useFormat } from '../../ui/format.ts'
import { ExternalLink } from '../../ui/link.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { saveFile } from '../../ui/save-file.ts'
import { EmptyState, Loaded, Skeleton } from '../../ui/states.tsx'
import { FindingList, useFindingSummary } from './findings.tsx'
import { useApiPlace } from './place.ts'
import { documentQuery, type VersionPlace, versionQuery } from './queries.ts'
import { ReimportDialog } from './reimport-dialog.tsx'

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
