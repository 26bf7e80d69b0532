// A span of time: a number and its unit; "1h 30m" may be typed as well.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextField } from '../ui/text-field.tsx'
import { pointerOf } from './field-problems.ts'
import { type PropsOf, shown, useAside } from './field-props.tsx'
import type { Json } from './schema-model.ts'
import { type DurationUnit, durationOf, durationText, durationUnits, inUnit } from './schema-value.ts'

const unitNames = Object.keys(durationUnits) as DurationUnit[]

export function Duration(props: PropsOf<'number'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const msOf = (written: Json | undefined) => {
    const current = shown(node, written)
    return typeof current === 'number' ? current : undefined
  }
  const ms = msOf(value)
  // Text and unit stay as they were typed while the value they stand for is the one outside: 90 s do not turn into
  // 1.5 min under the hand, and what is discarded is gone from here too.
  const [typed, setTyped] = useState<{ text: string; unit: DurationUnit; of: number | undefined }>()
  const draft = typed?.of === ms ? typed : undefined
  const stored = inUnit(ms ?? node.min ?? 0)
  const unit = draft?.unit ?? stored.unit
  const text = draft?.text ?? (ms === undefined ? '' : String(stored.amount))
  const parsed = text.trim() === '' ? undefined : durationOf(text, unit)
  const min = node.min ?? 0
  const max = node.max ?? Number.POSITIVE_INFINITY
  const problem = () => {
    if (text.trim() === '') return undefined
    if (parsed === undefined) return t('form.durationInvalid')
    if (parsed >= min && parsed <= max) return undefined
    return node.max === undefined
      ? t('form.atLeast', { min: durationText(min) })
      : t('form.numberRange', { min: durationText(min), max: durationText(node.max) })
  }
  const change = (next: string, unitOfNext: DurationUnit) => {
    const read = durationOf(next, unitOfNext)
    const written = next.trim() === '' ? (node.isNullable ? null : undefined) : (read ?? value)
    setTyped({ text: next, unit: unitOfNext, of: msOf(written) })
    if (written !== value) onChange(written)
  }
  return (
    <TextField
      label={node.title}
      labelHidden={props.isLabelHidden}
      help={node.help}
      aside={useAside(props)}
      error={errors.get(pointerOf(path)) ?? problem()}
      value={text}
      isReadOnly={isReadOnly}
      inputMode="decimal"
      placeholder={node.isNullable ? t('form.notSet') : undefined}
      onChange={(next) => change(next, unit)}
      onBlur={() => {
        if (text.trim() === '') setTyped(undefined)
        else if (parsed !== undefined) setTyped({ ...inUnitOf(parsed, unit), of: ms })
      }}
      suffix={
        <select
          aria-label={t('form.unitOf', { field: node.title })}
          value={unit}
          disabled={isReadOnly}
          onChange={(event) => change(text, event.target.value as DurationUnit)}
          className="-mr-1.5 h-6 cursor-pointer rounded-md bg-transparent px-1 text-sm text-muted hover:bg-hover hover:text-ink disabled:cursor-default [&>option]:bg-raised [&>option]:text-ink"
        >
          {unitNames
            .filter((name) => name === unit || durationUnits[name] <= max)
            .map((name) => (
              <option key={name} value={name}>
                {t(`form.unit.${name}`)}
              </option>
            ))}
        </select>
      }
    />
  )
}

/** What was typed with units of its own is written in the unit that fits; else the chosen unit stays. */
function inUnitOf(ms: number, unit: DurationUnit): { text: string; unit: DurationUnit } {
  if (ms % durationUnits[unit] === 0) return { text: String(ms / durationUnits[unit]), unit }
  const fitting = inUnit(ms)
  return { text: String(fitting.amount), unit: fitting.unit }
}
