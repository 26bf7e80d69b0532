// One field of a generated form, by the kind of its node; containers call it again for what they hold.

import { ChevronDown, ChevronUp, Plus, RotateCcw, Trash2 } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from '../ui/button.tsx'
import { Checkbox, Switch } from '../ui/choice.tsx'
import { Select } from '../ui/select.tsx'
import { NumberField, TextArea, TextField } from '../ui/text-field.tsx'
import { pointerOf } from './field-problems.ts'
import { JsonField } from './json-field.tsx'
import type { FieldNode, Json, Member } from './schema-model.ts'
import {
  asVariant,
  blank,
  bytesOf,
  bytesText,
  durationOf,
  durationText,
  isCidr,
  isObject,
  withMember,
} from './schema-value.ts'

export type Path = ReadonlyArray<string | number>

export interface SchemaFieldProps<N extends FieldNode = FieldNode> {
  node: N
  /** `undefined` = not set: the default applies. */
  value: Json | undefined
  onChange(value: Json | undefined): void
  path: Path
  /** JSON Pointer → what the server said about it. */
  errors: ReadonlyMap<string, string>
  /** Secrets that are stored come back as this marker; sending it again keeps them. */
  isReadOnly?: boolean
  /** Entries of a list carry their number for readers only. */
  isLabelHidden?: boolean
}

type Of<K extends FieldNode['kind']> = SchemaFieldProps<Extract<FieldNode, { kind: K }>>

export function SchemaField(props: SchemaFieldProps): ReactNode {
  const { node } = props
  switch (node.kind) {
    case 'text':
      return <Text {...props} node={node} />
    case 'number':
      return node.widget === 'number' ? <Amount {...props} node={node} /> : <Measure {...props} node={node} />
    case 'boolean':
      return <Toggle {...props} node={node} />
    case 'choice':
      return <Choice {...props} node={node} />
    case 'fixed':
      return null
    case 'list':
      if (node.item.kind === 'choice')
        return <ChoiceList {...props} node={node} options={node.item.options} />
      return <List {...props} node={node} />
    case 'object':
      return <ObjectBox {...props} node={node} />
    case 'map':
      return <MapBox {...props} node={node} />
    case 'variants':
      return <Variants {...props} node={node} />
    case 'json':
      return (
        <JsonField
          {...props}
          label={node.title}
          labelHidden={props.isLabelHidden}
          help={node.help}
          error={props.errors.get(pointerOf(props.path))}
        />
      )
  }
}

/** What stands right of the label: "Default", "Required", or the way back to the default. */
function useAside({ node, value, onChange }: SchemaFieldProps): ReactNode {
  const { t } = useTranslation('common')
  if (node.isRequired) return null
  if (value === undefined) return node.fallback === undefined ? t('optional') : t('form.isDefault')
  const isDefault = node.fallback !== undefined && JSON.stringify(node.fallback) === JSON.stringify(value)
  if (isDefault) return t('form.isDefault')
  return (
    <button
      type="button"
      onClick={() => onChange(undefined)}
      className="inline-flex h-4 items-center gap-1 rounded-sm text-accent-text hover:underline"
    >
      <RotateCcw size={11} aria-hidden />
      {node.fallback === undefined ? t('form.clear') : t('form.resetToDefault')}
    </button>
  )
}

function shown(node: FieldNode, value: Json | undefined): Json | undefined {
  return value === undefined ? node.fallback : value
}

function Text(props: Of<'text'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const current = shown(node, value)
  const text = typeof current === 'string' ? current : ''
  const isBadCidr = node.widget === 'cidr' && text !== '' && !isCidr(text)
  const isBadPattern = node.pattern !== undefined && text !== '' && !new RegExp(node.pattern, 'u').test(text)
  const error = errors.get(pointerOf(path)) ?? (isBadCidr ? t('form.cidrInvalid') : undefined)
  const change = (next: string) =>
    onChange(next === '' && !node.isRequired ? (node.isNullable ? null : undefined) : next)
  const shared = {
    label: node.title,
    labelHidden: props.isLabelHidden,
    help: props.isLabelHidden
      ? undefined
      : (node.help ?? (node.widget === 'cidr' ? t('form.cidr') : undefined)),
    error,
    isInvalid: error !== undefined || isBadPattern,
    aside: useAside(props),
    value: text,
    onChange: change,
    isReadOnly,
    isRequired: node.isRequired,
    maxLength: node.maxLength,
  }
  if (node.widget === 'textarea' || node.widget === 'code') {
    return <TextArea {...shared} mono={node.widget === 'code'} rows={node.widget === 'code' ? 6 : 3} />
  }
  if (node.widget === 'secret') {
    return (
      <TextField
        {...shared}
        type="password"
        autoComplete="new-password"
        mono
        placeholder={text === '' ? undefined : t('form.secretKept')}
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

function Amount(props: Of<'number'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const current = shown(node, value)
  const range =
    node.min !== undefined && node.max !== undefined
      ? t('form.numberRange', { min: node.min, max: node.max })
      : undefined
  return (
    <NumberField
      label={node.title}
      labelHidden={props.isLabelHidden}
      help={node.help ?? range}
      aside={useAside(props)}
      error={errors.get(pointerOf(path))}
      value={typeof current === 'number' ? current : Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? (node.isNullable ? null : undefined) : next)}
      minValue={node.min}
      maxValue={node.max}
      step={node.isInteger ? 1 : undefined}
      isReadOnly={isReadOnly}
      placeholder={node.isNullable ? t('form.notSet') : undefined}
      formatOptions={{ maximumFractionDigits: node.isInteger ? 0 : 6 }}
    />
  )
}

/** Durations and sizes are typed as text: "30s", "10MB". */
function Measure(props: Of<'number'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, path, errors, isReadOnly } = props
  const isDuration = node.widget === 'duration'
  const [write, read] = isDuration ? [durationText, durationOf] : [bytesText, bytesOf]
  const current = shown(node, value)
  const [draft, setDraft] = useState<string>()
  const text = draft ?? (typeof current === 'number' ? write(current) : '')
  const parsed = text.trim() === '' ? undefined : read(text)
  const isOut =
    parsed !== undefined &&
    ((node.min !== undefined && parsed < node.min) || (node.max !== undefined && parsed > node.max))
  const range =
    node.min !== undefined && node.max !== undefined
      ? t('form.numberRange', { min: write(node.min), max: write(node.max) })
      : undefined
  const invalid =
    text.trim() !== '' && parsed === undefined
      ? t(isDuration ? 'form.durationInvalid' : 'form.bytesInvalid')
      : isOut
        ? range
        : undefined
  return (
    <TextField
      label={node.title}
      labelHidden={props.isLabelHidden}
      help={node.help ?? t(isDuration ? 'form.duration' : 'form.bytes')}
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
          const number = read(next)
          if (number !== undefined) onChange(number)
        }
      }}
      onBlur={() => {
        if (parsed !== undefined) setDraft(undefined)
      }}
    />
  )
}

function Toggle(props: Of<'boolean'>) {
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

function Choice(props: Of<'choice'>) {
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

/** A titled group that holds fields. */
function Box({
  title,
  help,
  aside,
  error,
  children,
}: {
  title: string
  help?: string
  aside?: ReactNode
  error?: string
  children: ReactNode
}) {
  const id = useId()
  return (
    <fieldset aria-labelledby={id} className="flex min-w-0 flex-col gap-3 rounded-lg border border-line p-3">
      <div className="flex items-baseline justify-between gap-3">
        <div className="flex flex-col">
          <span id={id} className="text-sm font-medium">
            {title}
          </span>
          {help ? <span className="text-sm text-muted">{help}</span> : null}
        </div>
        {aside ? <span className="shrink-0 text-xs text-faint">{aside}</span> : null}
      </div>
      {children}
      {error ? <p className="text-sm text-danger">{error}</p> : null}
    </fieldset>
  )
}

export function Members({
  members,
  value,
  onChange,
  ...rest
}: Omit<SchemaFieldProps, 'node' | 'value'> & { members: readonly Member[]; value: Json | undefined }) {
  const held = isObject(value) ? value : {}
  return members.map(({ name, node }) => (
    <SchemaField
      key={name}
      {...rest}
      isLabelHidden={false}
      node={node}
      value={held[name]}
      onChange={(next) => onChange(withMember(held, name, next))}
      path={[...rest.path, name]}
    />
  ))
}

function ObjectBox(props: Of<'object'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path } = props
  const aside = useAside(props)
  const current = shown(node, value)
  if ((current === null || current === undefined) && !node.isRequired) {
    return (
      <Box title={node.title} help={node.help} aside={aside} error={errors.get(pointerOf(path))}>
        <Button
          size="sm"
          icon={Plus}
          className="self-start"
          onPress={() => onChange(blank({ ...node, isNullable: false, fallback: undefined }))}
        >
          {t('form.set')}
        </Button>
      </Box>
    )
  }
  return (
    <Box title={node.title} help={node.help} aside={aside} error={errors.get(pointerOf(path))}>
      <Members {...props} members={node.members} value={current} />
      {node.isNullable ? (
        <Button size="sm" variant="quiet" className="self-start" onPress={() => onChange(null)}>
          {t('form.clear')}
        </Button>
      ) : null}
    </Box>
  )
}

function Variants(props: Of<'variants'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const current = shown(node, value)
  const held = isObject(current) ? current : {}
  const tag = held[node.by]
  const variant = node.variants.find((candidate) => candidate.value === tag)
  return (
    <Box title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
      <Select
        label={t('form.kind')}
        labelHidden
        options={node.variants.map((candidate) => ({
          value: JSON.stringify(candidate.value),
          label: candidate.title,
        }))}
        value={tag === undefined ? null : JSON.stringify(tag)}
        onChange={(next) => onChange(asVariant(node, held, JSON.parse(next)))}
        isDisabled={isReadOnly}
        placeholder={t('chooseOption')}
      />
      {variant ? <Members {...props} members={variant.members} value={held} /> : null}
    </Box>
  )
}

function List(props: Of<'list'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const current = shown(node, value)
  const items = Array.isArray(current) ? current : []
  const swap = (from: number, to: number) => {
    const copy = [...items]
    const [moved] = copy.splice(from, 1)
    if (moved !== undefined) copy.splice(to, 0, moved)
    onChange(copy)
  }
  return (
    <Box title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
      {items.length === 0 ? <p className="text-sm text-faint">{t('form.empty')}</p> : null}
      <ol className="flex flex-col gap-2">
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their place
          <li key={index} className="flex items-start gap-1">
            <div className="min-w-0 flex-1">
              <SchemaField
                {...props}
                node={{ ...node.item, title: node.item.title || t('form.entry', { number: index + 1 }) }}
                value={item}
                onChange={(next) =>
                  onChange(items.map((old, at) => (at === index ? (next ?? blank(node.item)) : old)))
                }
                path={[...path, index]}
                isLabelHidden={isFlat(node.item)}
              />
            </div>
            {isReadOnly ? null : (
              <div className={isFlat(node.item) ? 'flex pt-0.5' : 'flex pt-3'}>
                <IconButton
                  size="sm"
                  icon={ChevronUp}
                  label={t('form.moveUp')}
                  isDisabled={index === 0}
                  onPress={() => swap(index, index - 1)}
                />
                <IconButton
                  size="sm"
                  icon={ChevronDown}
                  label={t('form.moveDown')}
                  isDisabled={index === items.length - 1}
                  onPress={() => swap(index, index + 1)}
                />
                <IconButton
                  size="sm"
                  icon={Trash2}
                  label={t('form.removeItem', { number: index + 1 })}
                  onPress={() => onChange(items.filter((_, at) => at !== index))}
                />
              </div>
            )}
          </li>
        ))}
      </ol>
      {isReadOnly ? null : (
        <Button
          size="sm"
          icon={Plus}
          className="self-start"
          isDisabled={node.max !== undefined && items.length >= node.max}
          onPress={() => onChange([...items, blank(node.item)])}
        >
          {t('form.addItem')}
        </Button>
      )}
    </Box>
  )
}

/** One line each: their numbers need no label on screen. */
function isFlat(item: FieldNode): boolean {
  return item.kind === 'text' || item.kind === 'number'
}

/** A list of an enumeration is a set of boxes to tick; the order of the options is kept. */
function ChoiceList(props: Of<'list'> & { options: ReadonlyArray<{ value: Json; label: string }> }) {
  const { node, value, onChange, errors, path, options, isReadOnly } = props
  const current = shown(node, value)
  const items = Array.isArray(current) ? current : []
  return (
    <Box title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        {options.map((option) => (
          <Checkbox
            key={JSON.stringify(option.value)}
            isDisabled={isReadOnly}
            isSelected={items.includes(option.value)}
            onChange={(selected) =>
              onChange(selected ? [...items, option.value] : items.filter((item) => item !== option.value))
            }
          >
            {option.label}
          </Checkbox>
        ))}
      </div>
    </Box>
  )
}

function MapBox(props: Of<'map'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const current = shown(node, value)
  const entries = Object.entries(isObject(current) ? current : {})
  const write = (next: ReadonlyArray<[string, Json]>) => onChange(Object.fromEntries(next))
  return (
    <Box title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
      {entries.length === 0 ? <p className="text-sm text-faint">{t('form.empty')}</p> : null}
      {entries.map(([name, item], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the name itself is being typed
        <div key={index} className="flex items-start gap-2">
          <TextField
            label={t('form.key')}
            value={name}
            mono
            className="w-2/5"
            isReadOnly={isReadOnly}
            onChange={(next) =>
              write(entries.map(([old, held], at) => (at === index ? [next, held] : [old, held])))
            }
          />
          <div className="min-w-0 flex-1">
            <SchemaField
              {...props}
              node={{ ...node.value, title: node.value.title || t('form.value') }}
              value={item}
              onChange={(next) =>
                write(
                  entries.map(([old, held], at) =>
                    at === index ? [old, next ?? blank(node.value)] : [old, held],
                  ),
                )
              }
              path={[...path, name]}
            />
          </div>
          {isReadOnly ? null : (
            <IconButton
              size="sm"
              icon={Trash2}
              className="mt-6"
              label={t('form.removeItem', { number: index + 1 })}
              onPress={() => write(entries.filter((_, at) => at !== index))}
            />
          )}
        </div>
      ))}
      {isReadOnly ? null : (
        <Button
          size="sm"
          icon={Plus}
          className="self-start"
          isDisabled={entries.some(([name]) => name === '')}
          onPress={() => write([...entries, ['', blank(node.value)]])}
        >
          {t('form.addEntry')}
        </Button>
      )}
    </Box>
  )
}
