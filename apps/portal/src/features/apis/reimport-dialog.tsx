// A newer document is compared with the one that the draft has, and replaces it when a person says so.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { ScrollRegion } from '../../ui/scroll-region.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { toast } from '../../ui/toast.tsx'
import { FindingList } from './findings.tsx'
import { forgetApis, type VersionPlace } from './queries.ts'
import type { DocumentSource } from './source.ts'
import { SourceBox } from './source-box.tsx'

const classTones = { breaking: 'danger', 'non-breaking': 'success', docs: 'neutral' } as const

interface ReimportDialogProps {
  version: ApiVersion
  place: VersionPlace
  /** A document that is there already; without one, the dialog asks for it. */
  given?: DocumentSource
  /** Leads back to where the given document was made. */
  onBack?(): void
  onClose(): void
}

export function ReimportDialog({ version, place, given, onBack, onClose }: ReimportDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  // The draft that the comparison is made with: one that changed since is told, not replaced unseen.
  const [compared] = useState(version)
  const [source, setSource] = useState(given)
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
  const { mutate: compare } = preview
  useEffect(() => {
    if (given) compare(given)
  }, [given, compare])
  const changes = preview.data?.changes ?? []
  const count = (kind: 'breaking' | 'non-breaking' | 'docs') =>
    changes.filter((change) => change.class === kind).length
  if (given && !preview.data) {
    return (
      <Dialog isOpen onClose={onClose} size="lg" title={t('document.reimportTitle')}>
        {preview.error ? <ProblemNote problem={preview.error} /> : <Skeleton className="h-48" />}
      </Dialog>
    )
  }
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
              if (onBack) return onBack()
              setSource(undefined)
              preview.reset()
              apply.reset()
            }}
          >
            {t(onBack ? 'document.back' : 'document.other')}
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
