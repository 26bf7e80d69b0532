// One field of a generated form, by the kind of its node; those that hold others call it again for what they hold.

import { Plus } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Select } from '../ui/select.tsx'
import { ChoiceList, EntryList, EntryMap } from './entry-fields.tsx'
import { FieldBox } from './field-box.tsx'
import { pointerOf } from './field-problems.ts'
import { type PropsOf, type SchemaFieldProps, shown, useAside } from './field-props.tsx'
import { JsonField } from './json-field.tsx'
import { Amount, ChoiceValue, Measure, TextValue, Toggle } from './scalar-fields.tsx'
import type { Json, Member } from './schema-model.ts'
import { asVariant, blank, isObject, withMember } from './schema-value.ts'

export function SchemaField(props: SchemaFieldProps): ReactNode {
  const { node } = props
  switch (node.kind) {
    case 'text':
      return <TextValue {...props} node={node} />
    case 'number':
      return node.widget === 'number' ? <Amount {...props} node={node} /> : <Measure {...props} node={node} />
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

/** A field for each member of an object; `value` is the object that holds them. */
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

function ObjectBox(props: PropsOf<'object'>) {
  const { t } = useTranslation('common')
  const { node, value, onChange, errors, path, isReadOnly } = props
  const aside = useAside(props)
  const current = shown(node, value)
  if ((current === null || current === undefined) && !node.isRequired) {
    return (
      <FieldBox title={node.title} help={node.help} aside={aside} error={errors.get(pointerOf(path))}>
        {isReadOnly ? (
          <p className="text-sm text-faint">{t('form.notSet')}</p>
        ) : (
          <Button
            size="sm"
            icon={Plus}
            className="self-start"
            onPress={() => onChange(blank({ ...node, isNullable: false, fallback: undefined }))}
          >
            {t('form.set')}
          </Button>
        )}
      </FieldBox>
    )
  }
  return (
    <FieldBox title={node.title} help={node.help} aside={aside} error={errors.get(pointerOf(path))}>
      <Members {...props} members={node.members} value={current} />
      {node.isNullable && !isReadOnly ? (
        <Button size="sm" variant="quiet" className="self-start" onPress={() => onChange(null)}>
          {t('form.clear')}
        </Button>
      ) : null}
    </FieldBox>
  )
}

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
    </FieldBox>
  )
}
