// Requests that say something about themselves go where a rule sends them; the first that holds decides, before any share.

import type { Traffic } from '@gatewright/shared/model/traffic'
import { ChevronDown, ChevronUp, Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { pointerOf } from '../../../forms/field-problems.ts'
import { Button, IconButton } from '../../../ui/button.tsx'
import { Card, Section } from '../../../ui/page.tsx'
import { Select } from '../../../ui/select.tsx'
import { TagField } from '../../../ui/tag-field.tsx'
import { TextField } from '../../../ui/text-field.tsx'

type Rule = Traffic['rules'][number]
type Condition = Rule['when']

const kinds = ['header', 'cookie', 'query', 'application'] as const

interface RulesCardProps {
  rules: readonly Rule[]
  onChange(rules: Rule[]): void
  names: readonly string[]
  /** What gets everything else: a rule is for another one. */
  first: string
  isEditable: boolean
  errors: ReadonlyMap<string, string>
}

export function RulesCard({ rules, onChange, names, first, isEditable, errors }: RulesCardProps) {
  const { t } = useTranslation('admin')
  const set = (index: number, rule: Rule) => onChange([...rules].with(index, rule))
  const move = (from: number, to: number) => {
    const moved = rules[from]
    if (moved) onChange([...rules].toSpliced(from, 1).toSpliced(to, 0, moved))
  }
  return (
    <Section title={t('traffic.rules')} sentence={t('traffic.rulesSentence')}>
      <Card pad={false}>
        {rules.length === 0 ? <p className="px-4 py-3 text-muted">{t('traffic.noRules')}</p> : null}
        <ol className="divide-y divide-line">
          {rules.map((rule, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rules have no identity but their place
            <li key={index} className="flex items-start gap-3 px-4 py-3 max-sm:flex-col">
              <div className="grid w-full min-w-0 flex-1 grid-cols-1 items-start gap-3 sm:grid-cols-2 xl:grid-cols-[8.5rem_minmax(0,1fr)_minmax(0,1.6fr)_8.5rem]">
                <Select
                  label={t('traffic.when')}
                  value={rule.when.on}
                  options={kinds.map((value) => ({ value, label: t(`traffic.on.${value}`) }))}
                  onChange={(on) => set(index, { ...rule, when: ofKind(rule.when, on) })}
                  isDisabled={!isEditable}
                />
                {rule.when.on === 'application' ? null : (
                  <TextField
                    label={t(`traffic.nameOf.${rule.when.on}`)}
                    error={errors.get(pointerOf(['rules', index, 'when', 'name']))}
                    value={rule.when.name}
                    onChange={(name) => set(index, { ...rule, when: named(rule.when, name) })}
                    isReadOnly={!isEditable}
                    mono
                  />
                )}
                <TagField
                  label={rule.when.on === 'application' ? t('traffic.applications') : t('traffic.isOneOf')}
                  error={errors.get(pointerOf(['rules', index, 'when', 'values']))}
                  values={rule.when.values}
                  onChange={(values) => set(index, { ...rule, when: { ...rule.when, values } })}
                  isReadOnly={!isEditable}
                  className={rule.when.on === 'application' ? 'xl:col-span-2' : ''}
                />
                <Select
                  label={t('traffic.goesTo')}
                  error={errors.get(pointerOf(['rules', index, 'upstream']))}
                  value={rule.upstream}
                  options={[...new Set([...names, rule.upstream])].map((value) => ({ value, label: value }))}
                  onChange={(upstream) => set(index, { ...rule, upstream })}
                  isDisabled={!isEditable}
                />
              </div>
              {isEditable ? (
                <span className="flex sm:pt-6.5">
                  <IconButton
                    icon={ChevronUp}
                    label={t('traffic.ruleUp', { number: index + 1 })}
                    isDisabled={index === 0}
                    onPress={() => move(index, index - 1)}
                  />
                  <IconButton
                    icon={ChevronDown}
                    label={t('traffic.ruleDown', { number: index + 1 })}
                    isDisabled={index === rules.length - 1}
                    onPress={() => move(index, index + 1)}
                  />
                  <IconButton
                    icon={Trash2}
                    variant="danger-quiet"
                    label={t('traffic.removeRule', { number: index + 1 })}
                    onPress={() => onChange([...rules].toSpliced(index, 1))}
                  />
                </span>
              ) : null}
            </li>
          ))}
        </ol>
        {isEditable ? (
          <div className="border-t border-line px-4 py-2">
            <Button
              size="sm"
              variant="quiet"
              icon={Plus}
              className="-ml-2"
              isDisabled={rules.length >= 20}
              onPress={() =>
                onChange([
                  ...rules,
                  {
                    when: { on: 'header', name: '', values: [] },
                    upstream: names.find((name) => name !== first) ?? first,
                  },
                ])
              }
            >
              {t('traffic.addRule')}
            </Button>
          </div>
        ) : null}
      </Card>
    </Section>
  )
}

/** Whether a rule says all it must; the server says what else is wrong. */
export function isComplete({ when }: Rule): boolean {
  return when.values.length > 0 && (when.on === 'application' || when.name.trim() !== '')
}

function ofKind(condition: Condition, on: (typeof kinds)[number]): Condition {
  const { values } = condition
  return on === 'application'
    ? { on, values }
    : { on, name: condition.on === 'application' ? '' : condition.name, values }
}

function named(condition: Condition, name: string): Condition {
  return condition.on === 'application'
    ? condition
    : { ...condition, name: condition.on === 'header' ? name.trim().toLowerCase() : name.trim() }
}
