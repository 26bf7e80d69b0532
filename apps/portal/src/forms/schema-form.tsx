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
import { type Json, type JsonSchema, type Member, readSchema } from './schema-model.ts'

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
}

export function SchemaForm({
  schema,
  value,
  onChange,
  problem,
  path = [],
  isReadOnly,
  onInvalid,
  children,
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
          <Grouped members={root.members} {...shared} />
        ) : (
          <SchemaField node={root} {...shared} />
        )}
      </Tabs>
      <ProblemNote problem={problem} />
    </div>
  )
}

/** Members without a group come first; each named group folds, and opens by itself when something in it is wrong. */
function Grouped({
  members,
  ...rest
}: Omit<Parameters<typeof Members>[0], 'members'> & { members: readonly Member[] }) {
  const main = members.filter((member) => member.node.group === undefined)
  const groups = Map.groupBy(
    members.filter((member) => member.node.group !== undefined),
    (member) => member.node.group ?? '',
  )
  const isWrong = (place: string) =>
    [...rest.errors.keys()].some((pointer) => pointer === place || pointer.startsWith(`${place}/`))
  return (
    <div className="flex flex-col gap-4">
      <Members {...rest} members={main} />
      {[...groups].map(([name, inside]) => (
        <More
          key={name}
          summary={name}
          isOpen={inside.some((member) => isWrong(pointerOf([...rest.path, member.name])))}
        >
          <div className="flex flex-col gap-4">
            <Members {...rest} members={inside} />
          </div>
        </More>
      ))}
    </div>
  )
}
