// What the document would have to say for traffic to be what it says: chosen edit by edit, seen as a difference, then imported like any newer document.

import type { ApiVersion } from '@gatewright/shared/model/api'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { FileCheck } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { ScrollRegion } from '../../ui/scroll-region.tsx'
import { EmptyState, Loaded, Skeleton } from '../../ui/states.tsx'
import type { VersionPlace } from './queries.ts'
import { ReimportDialog } from './reimport-dialog.tsx'

const DiffView = lazy(() => import('../../ui/diff-view.tsx'))

interface ProposalDialogProps {
  version: ApiVersion
  place: VersionPlace
  env: string
  onClose(): void
}

export function ProposalDialog({ version, place, env, onClose }: ProposalDialogProps) {
  const { t } = useTranslation('usage')
  const format = useFormat()
  // Undefined: what only adds to the document, as the server chooses.
  const [chosen, setChosen] = useState<readonly string[]>()
  const [isImporting, setImporting] = useState(false)
  const proposal = useQuery(
    orpc.versions.proposeDocument.queryOptions({
      input: { ...place, environment: env, ...(chosen ? { edits: [...chosen] } : {}) },
      placeholderData: keepPreviousData,
      staleTime: 60_000,
    }),
  )
  if (isImporting && proposal.data) {
    return (
      <ReimportDialog
        version={version}
        place={place}
        given={{ kind: 'text', text: proposal.data.after }}
        onBack={() => setImporting(false)}
        onClose={onClose}
      />
    )
  }
  const edits = proposal.data?.edits ?? []
  const taken = chosen ?? edits.filter((edit) => edit.taken).map(({ id }) => id)
  const toggle = (id: string, isTaken: boolean) =>
    setChosen(isTaken ? [...taken, id] : taken.filter((one) => one !== id))
  return (
    <Dialog
      isOpen
      onClose={onClose}
      size="lg"
      title={t('proposal.title')}
      sentence={t('proposal.sentence')}
      footer={
        <Button
          variant="primary"
          isDisabled={taken.length === 0 || proposal.isPlaceholderData || !proposal.data}
          onPress={() => setImporting(true)}
        >
          {t('proposal.review')}
        </Button>
      }
    >
      <Loaded query={proposal}>
        {({ before, after, format: language }) =>
          edits.length === 0 ? (
            <EmptyState
              icon={FileCheck}
              title={t('proposal.none')}
              sentence={t('proposal.noneSentence')}
              className="py-8!"
            />
          ) : (
            <div className="flex flex-col gap-4">
              <ScrollRegion
                label={t('proposal.edits')}
                maxHeight="14rem"
                className="overflow-y-auto rounded-lg border border-line"
              >
                <ul className="divide-y divide-line">
                  {edits.map((edit) => (
                    <li key={edit.id} className="flex items-start gap-3 px-3 py-2">
                      <Checkbox
                        isSelected={taken.includes(edit.id)}
                        onChange={(isTaken) => toggle(edit.id, isTaken)}
                        className="min-w-0 flex-1"
                      >
                        <span className="flex min-w-0 flex-col">
                          <code className="text-sm break-all">{edit.operation}</code>
                          <span className="text-sm break-words text-muted">
                            {t(`proposal.says.${edit.kind}`, {
                              where: edit.where,
                              rule: edit.rule,
                              type: edit.observed ?? t('proposal.anything'),
                            })}
                          </span>
                        </span>
                      </Checkbox>
                      <span className="flex shrink-0 flex-col items-end gap-1">
                        <Badge tone={edit.adds ? 'success' : 'warning'}>
                          {edit.adds ? t('proposal.adds') : t('proposal.loosens')}
                        </Badge>
                        <span className="tabular text-xs text-faint">
                          {t('proposal.times', { count: edit.count, ago: format.ago(edit.lastAt) })}
                        </span>
                      </span>
                    </li>
                  ))}
                </ul>
              </ScrollRegion>
              {before === after ? (
                <p className="text-muted">{t('proposal.nothingTaken')}</p>
              ) : (
                <Suspense fallback={<Skeleton className="h-64" />}>
                  <DiffView
                    before={before}
                    after={after}
                    language={language}
                    label={t('proposal.diff')}
                    height="20rem"
                  />
                </Suspense>
              )}
            </div>
          )
        }
      </Loaded>
    </Dialog>
  )
}
