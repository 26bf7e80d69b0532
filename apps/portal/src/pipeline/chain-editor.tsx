// The pipeline editor: five lanes in running order, inherited steps as locked ghosts, one settings form at a time.

import type { Stage } from '@gatewright/shared/policies/policy'
import type { PolicyInput } from '@gatewright/shared/policies/specs'
import { useQuery } from '@tanstack/react-query'
import { Info, Plus, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DirtyGuard } from '../forms/dirty-guard.tsx'
import { isStale, StaleDialog } from '../forms/stale-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { LiveNote, LiveWaiting, useLiveText } from '../ui/live-note.tsx'
import { useNarrow } from '../ui/narrow.ts'
import { ProblemNote } from '../ui/problem-note.tsx'
import { EmptyState, Loaded, Skeleton } from '../ui/states.tsx'
import { toast } from '../ui/toast.tsx'
import {
  type ChainProblem,
  chainProblems,
  firewallOf,
  freeName,
  inRunningOrder,
  isSameChain,
  laneOf,
  lanesOf,
  move,
  type PolicyType,
  type ProposedException,
  place as placeBeside,
  type Step,
  stageOf,
  toSteps,
  withException,
} from './chain.ts'
import { LaneView } from './lane.tsx'
import { PolicyPicker } from './picker.tsx'
import {
  type Chain,
  type ChainPlace,
  isDraftScope,
  policyTypesQuery,
  useChain,
  useSaveChain,
} from './queries.ts'
import { StepForm } from './step-form.tsx'

export interface ChainEditorProps extends ChainPlace {
  isEditable: boolean
  /** True where callers must be known: a chain without an identify step is then an error. */
  expectsIdentity: boolean
  /** `narrow` opens settings under the step, as inside a drawer. */
  look?: 'wide' | 'narrow'
  /** Goes on to the differences and Publish once a draft is saved; left out for those who may not publish. */
  onReview?: (() => void) | undefined
  /** Shown in its step as an edit that is not saved. */
  proposed?: ProposedException | undefined
}

export function ChainEditor(props: ChainEditorProps) {
  const chain = useChain(props)
  const types = useQuery(policyTypesQuery)
  const loading = <Skeleton className="h-80 w-full" />
  return (
    <Loaded query={types} skeleton={loading}>
      {({ data }) => (
        <Loaded query={chain} skeleton={loading}>
          {(loaded) => (
            <Editor key={`${props.scope}/${props.scopeId}`} {...props} chain={loaded} types={data} />
          )}
        </Loaded>
      )}
    </Loaded>
  )
}

interface EditorProps extends ChainEditorProps {
  chain: Chain
  types: readonly PolicyType[]
}

function Editor({
  chain,
  types,
  isEditable,
  expectsIdentity,
  look = 'wide',
  onReview,
  proposed,
  ...place
}: EditorProps) {
  const { t } = useTranslation('admin')
  const liveText = useLiveText()
  const save = useSaveChain(place)
  const isNarrow = useNarrow(1100) || look === 'narrow'
  const [base, setBase] = useState(chain)
  const [steps, setSteps] = useState<readonly Step[]>(() => {
    const read = toSteps(chain.policies)
    return proposed && isEditable ? withException(read, proposed) : read
  })
  const [chosenKey, setChosenKey] = useState(() => proposed && firewallOf(steps, proposed)?.key)
  // Of the open form: text that cannot be read is gone with it.
  const [isInvalid, setInvalid] = useState(false)
  const [picking, setPicking] = useState<{ stage: Stage | undefined }>()
  const [said, setSaid] = useState('')
  const policies = inRunningOrder(steps, types).map((step) => step.policy)
  const isDirty = !isSameChain(
    policies,
    inRunningOrder(toSteps(base.policies), types).map((step) => step.policy),
  )
  // A chain that nobody here edits follows the server; an edited one waits for the person's decision.
  if (chain.version > base.version && !isDirty) {
    setBase(chain)
    setSteps(toSteps(chain.policies))
  }
  const problems = chainProblems(steps, chain.inherited, types, place.scope, expectsIdentity)
  const chosen = steps.find((step) => step.key === chosenKey)

  const say = (next: readonly Step[], key: string) => {
    const lane = laneOf(next, key, types)
    const step = lane.find((candidate) => candidate.key === key)
    if (!step) return
    const stage = t(`pipeline.stage.${stageOf(step.policy.type, types)}.title`)
    setSaid(
      t('pipeline.moved', {
        name: step.policy.name,
        position: lane.indexOf(step) + 1,
        count: lane.length,
        stage,
      }),
    )
  }
  const choose = (key: string | undefined) => {
    setChosenKey(key)
    setInvalid(false)
  }
  const edit = (key: string, policy: PolicyInput) =>
    setSteps(steps.map((step) => (step.key === key ? { ...step, policy } : step)))
  const add = (type: PolicyType) => {
    const name = freeName(type.type, steps)
    const key = `new/${name}/${Date.now()}`
    // The example is valid by test, so a fresh step can be saved as it is.
    const policy = { type: type.type, name, enabled: true, config: type.example } as PolicyInput
    setSteps([...steps, { key, policy }])
    choose(key)
    setPicking(undefined)
  }
  const duplicate = (step: Step) => {
    const name = freeName(step.policy.name, steps)
    const key = `new/${name}/${Date.now()}`
    const at = steps.indexOf(step) + 1
    setSteps([...steps.slice(0, at), { key, policy: { ...step.policy, name } }, ...steps.slice(at)])
    choose(key)
  }
  const discard = () => {
    setSteps(toSteps(base.policies))
    choose(undefined)
    save.reset()
  }
  const write = (version: number, goOn?: () => void) =>
    save.mutate(
      { policies, version },
      {
        onSuccess: (written) => {
          setBase(written)
          // The server fills in defaults: what it keeps is what the form shows from now on.
          setSteps(
            inRunningOrder(steps, types).map((step, at) => ({
              ...step,
              policy: written.policies[at] ?? step.policy,
            })),
          )
          if (goOn) return goOn()
          const isDraft = isDraftScope(place.scope)
          const detail = isDraft ? t('pipeline.savedDraftDetail') : liveText(written)
          toast({
            title: isDraft ? t('pipeline.savedDraft') : t('pipeline.savedLive'),
            ...(detail ? { detail } : {}),
          })
        },
      },
    )

  const form = (step: Step) => (
    <StepForm
      key={step.key}
      tenant={place.scope === 'global' ? undefined : place.tenant}
      step={step}
      type={types.find((candidate) => candidate.type === step.policy.type)}
      index={policies.indexOf(step.policy)}
      problems={problems.filter((problem) => problem.key === step.key)}
      proposed={proposed && isDirty && step === firewallOf(steps, proposed) ? proposed : undefined}
      saveProblem={isStale(save.error) ? null : save.error}
      isEditable={isEditable}
      onChange={(policy) => edit(step.key, policy)}
      onInvalid={setInvalid}
      onClose={() => choose(undefined)}
    />
  )
  const hasErrors = problems.some((problem) => problem.level === 'error') || isInvalid

  return (
    <div className="flex flex-col gap-4">
      <div
        className={
          isNarrow ? 'flex flex-col gap-4' : 'grid grid-cols-[minmax(0,1fr)_26rem] items-start gap-6'
        }
      >
        <div className="flex min-w-0 flex-col gap-3">
          <ChainNotes problems={problems} />
          <ol className="flex flex-col">
            {lanesOf(steps, chain.inherited, types).map((lane) => (
              <LaneView
                key={lane.stage}
                lane={lane}
                types={types}
                problems={problems}
                chosenKey={chosenKey}
                isEditable={isEditable}
                inlineForm={isNarrow && chosen ? form : undefined}
                onChoose={choose}
                onAdd={() => setPicking({ stage: lane.stage })}
                onMove={(key, by) => {
                  const next = move(steps, key, by, types)
                  setSteps(next)
                  say(next, key)
                }}
                onPlace={(key, beside, side) => {
                  const next = placeBeside(steps, key, beside, side, types)
                  setSteps(next)
                  say(next, key)
                }}
                onToggle={(step) => edit(step.key, { ...step.policy, enabled: !step.policy.enabled })}
                onDuplicate={duplicate}
                onRemove={(step) => {
                  if (step.key === chosenKey) choose(undefined)
                  setSteps(steps.filter((candidate) => candidate !== step))
                }}
              />
            ))}
          </ol>
          <p className="text-sm text-faint">{t('pipeline.target')}</p>
        </div>
        {isNarrow ? null : (
          <aside className="sticky top-[calc(var(--sticky-top,0px)+1.5rem)] max-h-[calc(100dvh-8rem)] overflow-y-auto rounded-lg border border-line bg-surface">
            {chosen ? (
              form(chosen)
            ) : (
              <EmptyState
                title={t('pipeline.choose')}
                sentence={isEditable ? t('pipeline.chooseDetail') : t('pipeline.chooseReadOnly')}
                action={
                  isEditable ? (
                    <Button icon={Plus} onPress={() => setPicking({ stage: undefined })}>
                      {t('pipeline.add')}
                    </Button>
                  ) : null
                }
              />
            )}
          </aside>
        )}
      </div>
      <div aria-live="polite" className="sr-only">
        {said}
      </div>
      {save.isPending && !isDraftScope(place.scope) ? <LiveWaiting /> : null}
      {save.data && !isDirty && !isDraftScope(place.scope) ? <LiveNote propagation={save.data} /> : null}
      {!isStale(save.error) && !chosen ? <ProblemNote problem={save.error} /> : null}
      {isEditable && isDirty ? (
        <div className="sticky bottom-0 z-20 -mx-1 flex flex-wrap items-center gap-3 rounded-lg border border-accent-line bg-raised px-4 py-2.5 shadow-pop">
          <span className="flex flex-col">
            <span className="font-medium">{t('pipeline.unsaved')}</span>
            <span className="text-sm text-muted">
              {hasErrors
                ? t('pipeline.errors')
                : isDraftScope(place.scope)
                  ? t('pipeline.draftHint')
                  : t('pipeline.liveHint')}
            </span>
          </span>
          <span className="ml-auto flex gap-2">
            <Button onPress={discard} isDisabled={save.isPending}>
              {t('pipeline.discard')}
            </Button>
            <Button
              variant={onReview ? 'secondary' : 'primary'}
              isPending={save.isPending}
              isDisabled={hasErrors}
              onPress={() => write(base.version)}
            >
              {isDraftScope(place.scope) ? t('pipeline.save') : t('pipeline.saveLive')}
            </Button>
            {onReview ? (
              <Button
                variant="primary"
                isDisabled={hasErrors || save.isPending}
                onPress={() => write(base.version, onReview)}
              >
                {t('pipeline.saveAndReview')}
              </Button>
            ) : null}
          </span>
        </div>
      ) : null}
      <DirtyGuard isDirty={isDirty} />
      {picking ? (
        <PolicyPicker
          types={types}
          scope={place.scope}
          stage={picking.stage}
          onClose={() => setPicking(undefined)}
          onPick={add}
        />
      ) : null}
      <StaleDialog
        problem={save.error}
        onClose={() => save.reset()}
        onTakeTheirs={() => {
          save.reset()
          setBase(chain)
          setSteps(toSteps(chain.policies))
        }}
        onKeepMine={(current) => write(current ?? chain.version)}
      />
    </div>
  )
}

function ChainNotes({ problems }: { problems: readonly ChainProblem[] }) {
  const { t } = useTranslation('admin')
  return (
    <>
      <p className="flex items-start gap-2 text-sm text-muted">
        <Info size={14} aria-hidden className="mt-0.5 shrink-0 text-faint" />
        {t('pipeline.orderNote')}
      </p>
      {problems
        .filter((problem) => problem.key === null)
        .map((problem) => (
          <p
            key={problem.code}
            role="alert"
            className="flex items-start gap-2.5 rounded-lg border border-danger-line bg-danger-soft px-3 py-2.5 text-danger"
          >
            <TriangleAlert size={16} aria-hidden className="mt-0.5 shrink-0" />
            {t(`pipeline.problem.${problem.code}`, { about: problem.about })}
          </p>
        ))}
    </>
  )
}
