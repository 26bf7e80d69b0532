// One field of a generated form, by the kind of its node; those that hold others call it again for what they hold.

import { Plus } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Select } from '../ui/select.tsx'
import { Duration } from './duration-field.tsx'
import { ChoiceList, EntryList, EntryMap } from './entry-fields.tsx'
import { FieldBox } from './field-box.tsx'
import { pointerOf } from './field-problems.ts'
import { type PropsOf, type SchemaFieldProps, shown, useAside } from './field-props.tsx'
import { JsonField } from './json-field.tsx'
import { Amount, ChoiceValue, Size, TextValue, Toggle } from './scalar-fields.tsx'
import type { FieldNode, Json, Member } from './schema-model.ts'
import { asVariant, blank, isObject, withMember } from './schema-value.ts'

export function SchemaField(props: SchemaFieldProps): ReactNode {
  const { node } = props
  switch (node.kind) {
    case 'text':
      return <TextValue {...props} node={node} />
    case 'number':
      if (node.widget === 'duration') return <Duration {...props} node={node} />
      if (node.widget === 'bytes') return <Size {...props} node={node} />
      return <Amount {...props} node={node} />
    case 'boolean':
      return <Toggle {...props} node={node} />
    case 'choice':
      return <ChoiceValue {...props} node={node} />
    case 'fixed':
      return null
    case 'list':
      if (node.item.kind === 'choice')
        return <ChoiceList {...props} node={node} options={node.item.options} />
      return <EntryList {...props} node={node} field={SchemaField} />
    case 'object':
      return <ObjectBox {...props} node={node} />
    case 'map':
      return <EntryMap {...props} node={node} field={SchemaField} />
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

/** A field for each member of an object, short ones side by side where there is room; `value` is the object that holds them. */
export function Members({
  members,
  value,
  onChange,
  ...rest
}: Omit<SchemaFieldProps, 'node' | 'value'> & { members: readonly Member[]; value: Json | undefined }) {
  const held = isObject(value) ? value : {}
  return (
    <div className="@container">
      <div className="grid grid-cols-1 items-start gap-4 @lg:grid-cols-2">
        {members.map(({ name, node }) =>
          node.kind === 'fixed' ? null : (
            <div key={name} className={isShort(node) ? 'min-w-0' : 'col-span-full min-w-0'}>
              <SchemaField
                {...rest}
                isLabelHidden={false}
                node={node}
                value={held[name]}
                onChange={(next) => onChange(withMember(held, name, next))}
                path={[...rest.path, name]}
              />
            </div>
          ),
        )}
      </div>
    </div>
  )
}

const shortText = 100

function isShort(node: FieldNode): boolean {
  if (node.kind === 'text') return node.widget === 'text' && (node.maxLength ?? shortText + 1) <= shortText
  return node.kind === 'number' || node.kind === 'choice'
}

function ObjectBox(props: PropsOf<'object'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const aside = useAside(props)
  const current = shown(node, value)
  const isAbsent = current === null || current === undefined
  const set = () => onChange(blank({ ...node, isNullable: false, fallback: undefined }))
  // What was switched off comes back as it was while the form is open.
  const last = useRef<Json>(undefined)
  const box = { title: node.title, help: node.help, error: errors.get(pointerOf(path)) }
  if (node.isNullable) {
    const turn = (isOn: boolean) => {
      if (!isOn) {
        last.current = value
        onChange(null)
      } else if (last.current) onChange(last.current)
      else set()
    }
    return (
      <FieldBox {...box} toggle={{ isOn: !isAbsent, onChange: turn, isDisabled: isReadOnly ?? false }}>
        {isAbsent ? null : <Members {...props} members={node.members} value={current} />}
      </FieldBox>
    )
  }
  if (isAbsent && !node.isRequired) {
    return (
      <FieldBox {...box} aside={aside}>
        {isReadOnly ? (
          <p className="text-sm text-faint">{t('form.notSet')}</p>
        ) : (
          <Button size="sm" icon={Plus} className="self-start" onPress={set}>
            {t('form.set')}
          </Button>
        )}
      </FieldBox>
    )
  }
  return (
    <FieldBox {...box} aside={aside}>
      <Members {...props} members={node.members} value={current} />
    </FieldBox>
  )
}

// Tags are JSON, which this is not.
const noVariant = 'none'

function Variants(props: PropsOf<'variants'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const current = shown(node, value)
  const held = isObject(current) ? current : {}
  const tag = held[node.by]
  const variant = node.variants.find((candidate) => candidate.value === tag)
  return (
    <FieldBox title={node.title} help={node.help} aside={useAside(props)} error={errors.get(pointerOf(path))}>
      <Select
        label={t('form.kind')}
        labelHidden
        options={[
          ...(node.isNullable ? [{ value: noVariant, label: t('form.notSet') }] : []),
          ...node.variants.map((candidate) => ({
            value: JSON.stringify(candidate.value),
            label: candidate.title,
          })),
        ]}
        value={tag !== undefined ? JSON.stringify(tag) : node.isNullable ? noVariant : null}
        onChange={(next) => onChange(next === noVariant ? null : asVariant(node, held, JSON.parse(next)))}
        isDisabled={isReadOnly}
        placeholder={t('chooseOption')}
      />
      {variant && variant.members.length > 0 ? (
        <Members {...props} members={variant.members} value={held} />
      ) : null}
    </FieldBox>
  )
}
