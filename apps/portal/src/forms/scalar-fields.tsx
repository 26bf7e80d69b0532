// Fields that hold one value: text, a number, a size, a switch, a choice.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Switch } from '../ui/choice.tsx'
import { Select } from '../ui/select.tsx'
import { NumberField, TextArea, TextField } from '../ui/text-field.tsx'
import { pointerOf } from './field-problems.ts'
import { type PropsOf, shown, useAside } from './field-props.tsx'
import { bytesOf, bytesText, isCidr, matches } from './schema-value.ts'

/** What the server writes in place of a secret; sent back, it means "as it was". */
const isKept = (text: string) => text.startsWith('sealed:')

export function TextValue(props: PropsOf<'text'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const current = shown(node, value)
  const text = typeof current === 'string' ? current : ''
  const [kept] = useState(() => (isKept(text) ? text : undefined))
  const isBadCidr = node.widget === 'cidr' && text !== '' && !isCidr(text)
  // A stored secret is a marker, which fits no pattern.
  const isOdd =
    node.pattern !== undefined && node.widget !== 'secret' && text !== '' && !matches(text, node.pattern)
  const error =
    errors.get(pointerOf(path)) ??
    (isBadCidr ? t('form.cidrInvalid') : isOdd ? t('form.patternInvalid') : undefined)
  const change = (next: string) =>
    onChange(next === '' && !node.isRequired ? (node.isNullable ? null : undefined) : next)
  const shared = {
    label: node.title,
    labelHidden: props.isLabelHidden,
    help: props.isLabelHidden
      ? undefined
      : (node.help ?? (node.widget === 'cidr' ? t('form.cidr') : undefined)),
    error,
    aside: useAside(props),
    value: text,
    onChange: change,
    isReadOnly,
    isRequired: node.isRequired,
    maxLength: node.maxLength,
  }
  if (node.widget === 'textarea' || node.widget === 'code') {
    return <TextArea {...shared} mono={node.widget === 'code'} rows={node.widget === 'code' ? 12 : 3} />
  }
  if (node.widget === 'secret') {
    // A name of where gateways find a secret is none.
    const isName = /^(?:env|file):/.test(text)
    return (
      <TextField
        {...shared}
        value={isKept(text) ? '' : text}
        // Whoever takes back what they typed has what was kept.
        onChange={(next) => change(next === '' && kept !== undefined ? kept : next)}
        isRequired={node.isRequired && !isKept(text)}
        type={isName ? 'text' : 'password'}
        autoComplete="new-password"
        mono
        placeholder={isKept(text) ? t('form.secretKept') : undefined}
      />
    )
  }
  const type = node.widget === 'email' ? 'email' : node.widget === 'url' ? 'url' : 'text'
  return (
    <TextField
      {...shared}
      type={type}
      mono={node.widget === 'cidr'}
      placeholder={node.isNullable ? t('form.notSet') : undefined}
    />
  )
}

export function Amount(props: PropsOf<'number'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const current = shown(node, value)
  return (
    <NumberField
      label={node.title}
      labelHidden={props.isLabelHidden}
      help={node.help}
      aside={useAside(props)}
      error={errors.get(pointerOf(path))}
      value={typeof current === 'number' ? current : Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? (node.isNullable ? null : undefined) : next)}
      minValue={node.min}
      maxValue={node.max}
      step={node.isInteger ? 1 : undefined}
      unit={node.widget === 'percent' ? '%' : undefined}
      isReadOnly={isReadOnly}
      placeholder={node.isNullable ? t('form.notSet') : undefined}
      formatOptions={{ maximumFractionDigits: node.isInteger ? 0 : 6, useGrouping: node.widget !== 'id' }}
      isStepless={node.widget === 'id'}
    />
  )
}

/** Sizes are typed as text: "10MB". */
export function Size(props: PropsOf<'number'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const current = shown(node, value)
  const [draft, setDraft] = useState<string>()
  const text = draft ?? (typeof current === 'number' ? bytesText(current) : '')
  const parsed = text.trim() === '' ? undefined : bytesOf(text)
  const isOut =
    parsed !== undefined &&
    ((node.min !== undefined && parsed < node.min) || (node.max !== undefined && parsed > node.max))
  const invalid =
    text.trim() !== '' && parsed === undefined
      ? t('form.bytesInvalid')
      : isOut && node.min !== undefined && node.max !== undefined
        ? t('form.numberRange', { min: bytesText(node.min), max: bytesText(node.max) })
        : undefined
  return (
    <TextField
      label={node.title}
      labelHidden={props.isLabelHidden}
      help={node.help ?? t('form.bytes')}
      aside={useAside({
        ...props,
        onChange: (next) => {
          setDraft(undefined)
          onChange(next)
        },
      })}
      error={errors.get(pointerOf(path)) ?? invalid}
      value={text}
      isReadOnly={isReadOnly}
      placeholder={node.isNullable ? t('form.notSet') : undefined}
      onChange={(next) => {
        setDraft(next)
        if (next.trim() === '') onChange(node.isNullable ? null : undefined)
        else {
          const number = bytesOf(next)
          if (number !== undefined) onChange(number)
        }
      }}
      onBlur={() => {
        if (parsed !== undefined) setDraft(undefined)
      }}
    />
  )
}

export function Toggle(props: PropsOf<'boolean'>) {
  const { node, value, onChange, isReadOnly } = props
  const aside = useAside(props)
  return (
    <div className="flex items-start justify-between gap-3">
      <Switch
        isSelected={shown(node, value) === true}
        onChange={onChange}
        help={node.help}
        isDisabled={isReadOnly}
      >
        {node.title}
      </Switch>
      {aside ? <span className="text-xs text-faint">{aside}</span> : null}
    </div>
  )
}

export function ChoiceValue(props: PropsOf<'choice'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const current = shown(node, value)
  const options = node.options.map((option) => ({ value: JSON.stringify(option.value), label: option.label }))
  return (
    <Select
      label={node.title}
      labelHidden={props.isLabelHidden}
      help={node.help}
      aside={useAside(props)}
      error={errors.get(pointerOf(path))}
      options={node.isNullable ? [{ value: 'null', label: t('form.notSet') }, ...options] : options}
      value={current === undefined ? null : JSON.stringify(current)}
      onChange={(next) => onChange(JSON.parse(next))}
      isDisabled={isReadOnly}
      placeholder={t('chooseOption')}
    />
  )
}
