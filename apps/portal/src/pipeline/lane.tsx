// One stage of the pipeline: its inherited ghosts, then its own steps, reordered by drag, by buttons or by keyboard.

import { ArrowDown, ArrowUp, Copy, Ellipsis, Lock, Plus, Power, Trash2, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Badge } from '../ui/badge.tsx'
import { IconButton } from '../ui/button.tsx'
import { cx } from '../ui/class-names.ts'
import { useFormat } from '../ui/format.ts'
import { Menu } from '../ui/menu.tsx'
import { ReorderList } from '../ui/reorder-list.tsx'
import type { ChainProblem, InheritedStep, Lane, PolicyType, Step } from './chain.ts'
import { configSummary } from './summary.ts'

interface LaneViewProps {
  lane: Lane
  types: readonly PolicyType[]
  problems: readonly ChainProblem[]
  chosenKey: string | undefined
  isEditable: boolean
  /** Draws the settings under the chosen step. */
  inlineForm: ((step: Step) => ReactNode) | undefined
  onChoose(key: string): void
  onAdd(): void
  onMove(key: string, by: -1 | 1): void
  onPlace(key: string, beside: string, side: 'before' | 'after'): void
  onToggle(step: Step): void
  onDuplicate(step: Step): void
  onRemove(step: Step): void
}

export function LaneView(props: LaneViewProps) {
  const { lane, types, isEditable, inlineForm } = props
  const { t } = useTranslation('admin')
  const title = t(`pipeline.stage.${lane.stage}.title`)
  const isEmpty = lane.steps.length === 0 && lane.inherited.length === 0
  const chosen = lane.steps.find((step) => step.key === props.chosenKey)

  return (
    <li className="relative pb-4 pl-6">
      <span aria-hidden className="absolute top-3 bottom-0 left-[7px] w-px bg-line-strong" />
      <span
        aria-hidden
        className={cx(
          'absolute top-2 left-0.5 size-3 rounded-full border-2 bg-canvas',
          isEmpty ? 'border-line-strong' : 'border-accent',
        )}
      />
      <div className="flex min-h-7 items-center gap-2">
        <h3 className={cx('font-medium', isEmpty && 'text-muted')}>{title}</h3>
        <span className="truncate text-sm text-faint">{t(`pipeline.stage.${lane.stage}.question`)}</span>
        {isEditable ? (
          <IconButton
            size="sm"
            icon={Plus}
            label={t('pipeline.addTo', { stage: title })}
            onPress={props.onAdd}
            className="ml-auto"
          />
        ) : null}
      </div>
      <div className="flex flex-col gap-1.5 pt-1">
        {lane.inherited.map((step) => (
          <Ghost key={`${step.from}/${step.name}/${step.policy.name}`} step={step} types={types} />
        ))}
        {lane.steps.length > 0 ? (
          <ReorderList
            label={t('pipeline.steps', { stage: title })}
            rows={lane.steps}
            rowId={(step) => step.key}
            rowName={(step) => step.policy.name}
            dragLabel={(step) => t('pipeline.drag', { name: step.policy.name })}
            chosenId={props.chosenKey}
            isEditable={isEditable}
            onChoose={props.onChoose}
            onPlace={props.onPlace}
            dependencies={[props.problems, types]}
          >
            {(step) => <StepRow step={step} {...props} />}
          </ReorderList>
        ) : null}
        {inlineForm && chosen ? (
          <div className="rounded-lg border border-accent-line bg-surface">{inlineForm(chosen)}</div>
        ) : null}
      </div>
    </li>
  )
}

/** A step of an outer scope: it runs here, and is edited where it comes from. */
function Ghost({ step, types }: { step: InheritedStep; types: readonly PolicyType[] }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const type = types.find((candidate) => candidate.type === step.policy.type)
  const scope = t(`pipeline.scope.${step.from}`)
  return (
    <div
      title={t('pipeline.lockedHelp', { scope })}
      className={cx(
        'flex min-h-11 items-center gap-3 rounded-lg border border-dashed border-line-strong px-3 py-1.5 text-muted',
        !step.policy.enabled && 'opacity-60',
      )}
    >
      <Lock size={14} aria-hidden className="shrink-0 text-faint" />
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="truncate">{step.policy.name}</span>
        <span className="truncate text-xs text-faint">
          {configSummary(step.policy.config, type?.schema, format) || type?.title || step.policy.type}
        </span>
      </span>
      {step.policy.enabled ? null : <Badge>{t('pipeline.off')}</Badge>}
      <Badge>{t('pipeline.inheritedFrom', { scope })}</Badge>
    </div>
  )
}

function StepRow({
  step,
  lane,
  types,
  problems,
  isEditable,
  onMove,
  onToggle,
  onDuplicate,
  onRemove,
}: LaneViewProps & { step: Step }) {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const type = types.find((candidate) => candidate.type === step.policy.type)
  const { name, enabled } = step.policy
  const at = lane.steps.findIndex((candidate) => candidate.key === step.key)
  const own = problems.filter((problem) => problem.key === step.key)
  const worst = own.find((problem) => problem.level === 'error') ?? own[0]
  const moveAndStay = (by: -1 | 1) => {
    onMove(step.key, by)
    // React moves the row's element, which loses focus; the next press must hit the same button, or at the end its twin.
    requestAnimationFrame(() => {
      const button = (way: -1 | 1) =>
        document.querySelector<HTMLButtonElement>(`[data-move="${CSS.escape(`${step.key}/${way}`)}"]`)
      const same = button(by)
      const target = same?.disabled ? button(by === 1 ? -1 : 1) : same
      target?.focus()
    })
  }
  return (
    <>
      <span className={cx('flex min-w-0 flex-1 flex-col', !enabled && 'text-faint')}>
        <span className="flex items-center gap-2">
          <span className="truncate font-medium">{name}</span>
          {type && type.type !== name ? (
            <span className="truncate text-sm text-faint max-sm:hidden">{type.title}</span>
          ) : null}
        </span>
        <span className="truncate text-sm text-muted">
          {configSummary(step.policy.config, type?.schema, format) || type?.title || step.policy.type}
        </span>
      </span>
      {worst ? (
        <TriangleAlert
          size={16}
          aria-label={t(`pipeline.problem.${worst.code}`, { about: worst.about })}
          className={cx('shrink-0', worst.level === 'error' ? 'text-danger' : 'text-warning')}
        />
      ) : null}
      {type?.needsBody ? (
        <Badge tone="warning" className="max-sm:hidden">
          {t('pipeline.buffers')}
        </Badge>
      ) : null}
      {enabled ? null : <Badge>{t('pipeline.off')}</Badge>}
      {isEditable ? (
        <span className="flex shrink-0 items-center">
          {lane.steps.length > 1 ? (
            <>
              <IconButton
                size="sm"
                icon={ArrowUp}
                label={t('pipeline.moveUp', { name })}
                isDisabled={at === 0}
                data-move={`${step.key}/-1`}
                onPress={() => moveAndStay(-1)}
              />
              <IconButton
                size="sm"
                icon={ArrowDown}
                label={t('pipeline.moveDown', { name })}
                isDisabled={at === lane.steps.length - 1}
                data-move={`${step.key}/1`}
                onPress={() => moveAndStay(1)}
              />
            </>
          ) : null}
          <Menu
            label={t('pipeline.more', { name })}
            placement="bottom end"
            trigger={<IconButton size="sm" icon={Ellipsis} label={t('pipeline.more', { name })} />}
            groups={[
              {
                id: 'step',
                items: [
                  {
                    id: 'toggle',
                    label: enabled ? t('pipeline.turnOff') : t('pipeline.turnOn'),
                    icon: Power,
                    onAction: () => onToggle(step),
                  },
                  {
                    id: 'duplicate',
                    label: t('pipeline.duplicate'),
                    icon: Copy,
                    onAction: () => onDuplicate(step),
                  },
                ],
              },
              {
                id: 'danger',
                items: [
                  {
                    id: 'remove',
                    label: t('pipeline.remove'),
                    icon: Trash2,
                    isDanger: true,
                    onAction: () => onRemove(step),
                  },
                ],
              },
            ]}
          />
        </span>
      ) : null}
    </>
  )
}
