// The form that a JSON Schema makes: groups of fields, and the same value as JSON on a second tab.

import { type ReactNode, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNote } from '../ui/problem-note.tsx'
import { More } from '../ui/states.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { errorsByPath, pointerOf } from './field-problems.ts'
import type { Path } from './field-props.tsx'
import { JsonField } from './json-field.tsx'
import { Members, SchemaField } from './schema-field.tsx'
import { type FieldNode, type Json, type JsonSchema, type Member, readSchema } from './schema-model.ts'
import { isObject } from './schema-value.ts'

export interface SchemaFormProps {
  schema: JsonSchema
  value: Json
  onChange(value: Json): void
  /** The failed save, if any: its field errors go to the fields, the rest below the form. */
  problem?: unknown
  /** Where the value sits in the sent body, for the pointers of field errors: ['policies', 0, 'config']. */
  path?: Path
  isReadOnly?: boolean
  /** Tells that the JSON tab holds text that cannot be read: do not save now. */
  onInvalid?: (isInvalid: boolean) => void
  /** Above the fields, such as the policy's name. */
  children?: ReactNode
  /** Lays the fields of the form out in its own way; else they come in order, grouped as the schema says. */
  layout?: (fields: FormFields) => ReactNode
}

/** What a layout draws from: the members of the schema, and what `Members` and `SchemaField` are told. */
export interface FormFields {
  members: readonly Member[]
  value: Json
  onChange(value: Json | undefined): void
  path: Path
  errors: ReadonlyMap<string, string>
  isReadOnly: boolean
}

export function SchemaForm({
  schema,
  value,
  onChange,
  problem,
  path = [],
  isReadOnly = false,
  onInvalid,
  children,
  layout = (fields) => <Grouped {...fields} />,
}: SchemaFormProps) {
  const { t } = useTranslation('common')
  const [tab, setTab] = useState<'form' | 'json'>('form')
  const root = useMemo(() => readSchema(schema), [schema])
  const errors = errorsByPath(problem)
  const change = (next: Json | undefined) => onChange(next ?? {})
  const shared = { value, onChange: change, path, errors, isReadOnly }
  return (
    <div className="flex flex-col gap-4">
      {children}
      <Tabs
        label={t('form.form')}
        value={tab}
        onChange={(next) => {
          setTab(next)
          // The text that could not be read is gone with its tab.
          onInvalid?.(false)
        }}
        items={[
          { value: 'form', label: t('form.form') },
          { value: 'json', label: t('form.json') },
        ]}
      >
        {tab === 'json' ? (
          <JsonField
            label={t('form.json')}
            labelHidden
            value={value}
            onChange={change}
            isReadOnly={isReadOnly}
            rows={16}
            onInvalid={onInvalid}
          />
        ) : root.kind === 'object' ? (
          layout({ members: root.members, ...shared })
        ) : (
          <SchemaField node={root} {...shared} />
        )}
      </Tabs>
      <ProblemNote problem={problem} />
    </div>
  )
}

/** Members without a group come first; each named group folds, open when something in it is set, or wrong. */
function Grouped({ members, ...rest }: FormFields) {
  const main = members.filter((member) => member.node.group === undefined)
  const groups = Map.groupBy(
    members.filter((member) => member.node.group !== undefined),
    (member) => member.node.group ?? '',
  )
  // As it was at first: a group does not fold under the hand that empties it.
  const [firstValue] = useState(rest.value)
  const isSet = (inside: readonly Member[]) => inside.some(({ name, node }) => isOwn(node, firstValue, name))
  const isNothingSet = main.length === 0 && ![...groups.values()].some(isSet)
  return (
    <div className="flex flex-col gap-4">
      {main.length > 0 ? <Members {...rest} members={main} /> : null}
      {[...groups].map(([name, inside], index) => (
        <More
          key={name}
          summary={name}
          isOpen={hasError(rest, inside) || isSet(inside) || (isNothingSet && index === 0)}
        >
          <Members {...rest} members={inside} />
        </More>
      ))}
    </div>
  )
}

/** Set, and to something else than its default. */
function isOwn(node: FieldNode, value: Json, name: string): boolean {
  const own = isObject(value) ? value[name] : undefined
  return own !== undefined && JSON.stringify(own) !== JSON.stringify(node.fallback)
}

/** Whether the server complained about something in these members. */
export function hasError(
  { errors, path }: Pick<FormFields, 'errors' | 'path'>,
  members: readonly Member[],
): boolean {
  const places = members.map((member) => pointerOf([...path, member.name]))
  return [...errors.keys()].some((pointer) =>
    places.some((place) => pointer === place || pointer.startsWith(`${place}/`)),
  )
}
