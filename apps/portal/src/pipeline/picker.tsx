// Chooses a policy type: grouped by stage, searchable; what cannot be attached here says where it can.

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Badge } from '../ui/badge.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { SearchField } from '../ui/text-field.tsx'
import { laneOrder, type PolicyType, stageOf } from './chain.ts'
import type { EditedScope } from './queries.ts'

interface PolicyPickerProps {
  types: readonly PolicyType[]
  scope: EditedScope
  /** Only this stage; undefined shows all of them. */
  stage: string | undefined
  onPick(type: PolicyType): void
  onClose(): void
}

export function PolicyPicker({ types, scope, stage, onPick, onClose }: PolicyPickerProps) {
  const { t } = useTranslation('admin')
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const fits = types.filter(
    (type) =>
      (stage === undefined || stageOf(type.type, types) === stage) &&
      `${type.type} ${type.title} ${type.summary}`.toLowerCase().includes(wanted),
  )
  const lanes = laneOrder.filter((lane) => fits.some((type) => stageOf(type.type, types) === lane))
  return (
    <Dialog isOpen onClose={onClose} title={t('pipeline.picker')}>
      <div className="flex flex-col gap-4">
        <SearchField label={t('pipeline.pickerSearch')} value={text} onChange={setText} autoFocus />
        {lanes.length === 0 ? (
          <p className="py-6 text-center text-muted">{t('pipeline.pickerNothing')}</p>
        ) : null}
        {lanes.map((lane) => (
          <section key={lane} className="flex flex-col gap-1.5">
            <h3 className="text-sm text-muted">
              <span className="font-medium text-ink">{t(`pipeline.stage.${lane}.title`)}</span>{' '}
              {t(`pipeline.stage.${lane}.question`)}
            </h3>
            <ul className="flex flex-col gap-1.5">
              {fits
                .filter((type) => stageOf(type.type, types) === lane)
                .map((type) => {
                  const isPossible = type.scopes.includes(scope)
                  return (
                    <li key={type.type}>
                      <button
                        type="button"
                        disabled={!isPossible}
                        onClick={() => onPick(type)}
                        className="flex w-full items-center gap-3 rounded-lg border border-line px-3 py-2 text-left enabled:hover:border-line-strong enabled:hover:bg-hover disabled:cursor-not-allowed disabled:opacity-60"
                      >
                        <span className="flex min-w-0 flex-1 flex-col">
                          <span className="flex items-center gap-2 font-medium">
                            {type.title}
                            {type.needsBody ? <Badge tone="warning">{t('pipeline.buffers')}</Badge> : null}
                          </span>
                          <span className="text-sm text-muted">
                            {isPossible
                              ? type.summary
                              : t('pipeline.notInScope', {
                                  scopes: type.scopes
                                    .map((name) => t(`pipeline.scope.${known(name)}`))
                                    .join(', '),
                                })}
                          </span>
                        </span>
                        <Plus size={16} aria-hidden className="shrink-0 text-faint" />
                      </button>
                    </li>
                  )
                })}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  )
}

function known(scope: string): EditedScope {
  return scope === 'global' || scope === 'tenant' || scope === 'plan' || scope === 'route' ? scope : 'version'
}
