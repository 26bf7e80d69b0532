// Settings of one step: its name, and the form that its policy's schema makes, with JSON beside it.

import type { PolicyInput } from '@gatewright/shared/policies/specs'
import { Info, TriangleAlert, X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { JsonField } from '../forms/json-field.tsx'
import { SchemaForm } from '../forms/schema-form.tsx'
import type { Json } from '../forms/schema-model.ts'
import { IconButton } from '../ui/button.tsx'
import { Switch } from '../ui/choice.tsx'
import { TextField } from '../ui/text-field.tsx'
import type { ChainProblem, PolicyType, ProposedException, Step } from './chain.ts'
import { OwnIssuer } from './own-issuer.tsx'
import { TryRules } from './try-rules.tsx'

interface StepFormProps {
  /** Whose own authorisation server can be filled in; undefined where the chain is of no team. */
  tenant: string | undefined
  step: Step
  type: PolicyType | undefined
  /** Place in the sent list: the server's field errors point there. */
  index: number
  problems: readonly ChainProblem[]
  /** What was filled in and is not saved. */
  proposed?: ProposedException | undefined
  saveProblem: unknown
  isEditable: boolean
  onChange(policy: PolicyInput): void
  onInvalid(isInvalid: boolean): void
  onClose(): void
}

export function StepForm({
  tenant,
  step,
  type,
  index,
  problems,
  proposed,
  saveProblem,
  isEditable,
  onChange,
  onInvalid,
  onClose,
}: StepFormProps) {
  const { t } = useTranslation('admin')
  const { policy } = step
  // Stored configurations are JSON by contract; the union of all policies is only known to the server.
  const change = (config: Json) => onChange({ ...policy, config } as PolicyInput)
  const nameProblem = problems.find(
    (problem) => problem.code === 'name-taken' || problem.code === 'name-shape',
  )
  const others = problems.filter((problem) => problem !== nameProblem)
  return (
    <section aria-label={t('pipeline.settingsOf', { name: policy.name })} className="flex flex-col gap-4 p-4">
      <div className="flex items-start gap-2">
        <div className="flex min-w-0 flex-1 flex-col">
          <h3 className="font-semibold">{type?.title ?? policy.type}</h3>
          <p className="text-sm text-muted">{type?.summary ?? t('pipeline.unknownType')}</p>
        </div>
        <IconButton icon={X} label={t('pipeline.close')} onPress={onClose} size="sm" />
      </div>
      {proposed ? <Proposal {...proposed} /> : null}
      {others.map((problem) => (
        <p
          key={problem.code}
          className={`flex items-start gap-2 text-sm ${problem.level === 'error' ? 'text-danger' : 'text-warning'}`}
        >
          <TriangleAlert size={14} aria-hidden className="mt-0.5 shrink-0" />
          {t(`pipeline.problem.${problem.code}`, { about: problem.about })}
        </p>
      ))}
      <TextField
        label={t('pipeline.name')}
        help={t('pipeline.nameHelp')}
        error={
          nameProblem ? t(`pipeline.problem.${nameProblem.code}`, { about: nameProblem.about }) : undefined
        }
        value={policy.name}
        onChange={(name) => onChange({ ...policy, name })}
        isReadOnly={!isEditable}
        mono
      />
      <Switch
        isSelected={policy.enabled}
        isDisabled={!isEditable}
        onChange={(enabled) => onChange({ ...policy, enabled })}
      >
        {t('pipeline.enabled')}
      </Switch>
      {policy.type === 'jwt' && isEditable && tenant !== undefined ? (
        <OwnIssuer tenant={tenant} config={policy.config as Json} onChange={change} />
      ) : null}
      {type ? (
        <SchemaForm
          schema={type.schema}
          value={policy.config as Json}
          onChange={change}
          path={['policies', index, 'config']}
          problem={speaksOf(saveProblem, index) ? saveProblem : null}
          isReadOnly={!isEditable}
          onInvalid={onInvalid}
        />
      ) : (
        <JsonField
          label={t('pipeline.settingsOf', { name: policy.name })}
          value={policy.config as Json}
          onChange={(config) => change(config ?? {})}
          isReadOnly={!isEditable}
          rows={12}
          onInvalid={onInvalid}
        />
      )}
      {policy.type === 'cedar' ? <TryRules config={policy.config as Json} /> : null}
    </section>
  )
}

/** Said where the form begins, and brought into sight: on a phone the form opens under a long chain. */
function Proposal({ rule, target }: ProposedException) {
  const { t } = useTranslation('admin')
  const note = useRef<HTMLParagraphElement>(null)
  useEffect(() => note.current?.scrollIntoView({ block: 'center' }), [])
  return (
    <p
      ref={note}
      className="flex items-start gap-2 rounded-lg border border-info-line bg-info-soft px-3 py-2 text-sm"
    >
      <Info size={14} aria-hidden className="mt-0.5 shrink-0 text-info" />
      <span className="min-w-0 break-words">
        {target === null
          ? t('pipeline.exception.off', { rule })
          : t('pipeline.exception.at', { rule, target })}
      </span>
    </p>
  )
}

/** A failed save is shown at the step it names; one that names none is shown at whichever is open. */
function speaksOf(problem: unknown, index: number): boolean {
  if (problem === null || problem === undefined) return false
  const { errors } = asProblem(problem)
  const named = errors.flatMap(({ pointer }) => /policies\/(\d+)/.exec(pointer)?.[1] ?? [])
  return named.length === 0 || named.includes(String(index))
}
