// Fields that hold any number of entries: a list, a set of choices to tick, a map of names.

import { ChevronDown, ChevronUp, Plus, Trash2 } from 'lucide-react'
import { type ComponentType, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from '../ui/button.tsx'
import { Checkbox } from '../ui/choice.tsx'
import { TextField } from '../ui/text-field.tsx'
import { FieldBox } from './field-box.tsx'
import { pointerOf } from './field-problems.ts'
import { type PropsOf, type SchemaFieldProps, shown, useAside } from './field-props.tsx'
import type { FieldNode, Json } from './schema-model.ts'
import { blank, isObject } from './schema-value.ts'

interface Holder {
  /** Draws what an entry holds; given, because that may be a list again. */
  field: ComponentType<SchemaFieldProps>
}

export function EntryList({ field: Field, ...props }: PropsOf<'list'> & Holder) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const current = shown(node, value)
  const items = Array.isArray(current) ? current : []
  const move = (from: number, to: number) => {
    const copy = [...items]
    const [moved] = copy.splice(from, 1)
    if (moved !== undefined) copy.splice(to, 0, moved)
    onChange(copy)
  }
  return (
    <FieldBox title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
      {items.length === 0 ? <p className="text-sm text-faint">{t('form.empty')}</p> : null}
      <ol className="flex flex-col gap-2">
        {items.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: items have no identity but their place
          <li key={index} className={isFlat(node.item) ? 'flex items-start gap-1' : 'relative'}>
            <div className="min-w-0 flex-1">
              <Field
                {...props}
                node={{ ...node.item, title: node.item.title || t('form.entry', { number: index + 1 }) }}
                value={item}
                onChange={(next) => onChange(items.with(index, next ?? blank(node.item)))}
                path={[...path, index]}
                isLabelHidden={isFlat(node.item)}
              />
            </div>
            {isReadOnly ? null : (
              // Beside the title of what has a frame of its own: a column of buttons would take its fields their width.
              <div className={isFlat(node.item) ? 'flex pt-0.5' : 'absolute top-1.5 right-1.5 flex'}>
                <IconButton
                  size="sm"
                  icon={ChevronUp}
                  label={t('form.moveUp')}
                  isDisabled={index === 0}
                  onPress={() => move(index, index - 1)}
                />
                <IconButton
                  size="sm"
                  icon={ChevronDown}
                  label={t('form.moveDown')}
                  isDisabled={index === items.length - 1}
                  onPress={() => move(index, index + 1)}
                />
                <IconButton
                  size="sm"
                  icon={Trash2}
                  label={t('form.removeItem', { number: index + 1 })}
                  onPress={() => onChange(items.toSpliced(index, 1))}
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
    </FieldBox>
  )
}

/** One line each: their numbers need no label on screen. */
function isFlat(item: FieldNode): boolean {
  return item.kind === 'text' || item.kind === 'number'
}

/** A list of an enumeration is a set of boxes to tick; the order of the options is kept. */
export function ChoiceList(
  props: PropsOf<'list'> & { options: ReadonlyArray<{ value: Json; label: string }> },
) {
  const { node, value, onChange, errors, path, options, isReadOnly } = props
  const current = shown(node, value)
  const items = Array.isArray(current) ? current : []
  return (
    <FieldBox title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
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
    </FieldBox>
  )
}

type Entry = readonly [name: string, value: Json]

export function EntryMap({ field: Field, ...props }: PropsOf<'map'> & Holder) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const current = shown(node, value)
  const held = isObject(current) ? current : {}
  // While a name is typed it may be another's for a moment; the rows as typed are kept, so that none is lost to it.
  const [rows, setRows] = useState<readonly Entry[]>()
  const isCurrent = rows !== undefined && isSame(Object.fromEntries(rows), held)
  const entries = isCurrent ? rows : Object.entries(held)
  const write = (next: readonly Entry[]) => {
    setRows(next)
    onChange(Object.fromEntries(next))
  }
  const isTaken = (name: string, at: number) =>
    entries.some(([other], index) => index !== at && other === name)
  return (
    <FieldBox title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
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
            error={isTaken(name, index) ? t('form.nameTaken') : undefined}
            onChange={(next) => write(entries.with(index, [next, item]))}
          />
          <div className="min-w-0 flex-1">
            <Field
              {...props}
              node={{ ...node.value, title: node.value.title || t('form.value') }}
              value={item}
              onChange={(next) => write(entries.with(index, [name, next ?? blank(node.value)]))}
              path={[...path, name]}
            />
          </div>
          {isReadOnly ? null : (
            <IconButton
              size="sm"
              icon={Trash2}
              className="mt-6"
              label={t('form.removeItem', { number: index + 1 })}
              onPress={() => write(entries.toSpliced(index, 1))}
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
    </FieldBox>
  )
}

function isSame(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
