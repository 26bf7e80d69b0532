// Edits what a request must say beyond method and path for a route to take it.

import { Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { pointerOf } from '../../forms/field-problems.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Select } from '../../ui/select.tsx'
import { TagField } from '../../ui/tag-field.tsx'
import { TextField } from '../../ui/text-field.tsx'
import type { ConditionRow } from './conditions.ts'

const kinds = ['header', 'query', 'contentType'] as const
const memberOf = { header: 'headers', query: 'query', contentType: 'contentTypes' } as const

interface ConditionRowsProps {
  rows: readonly ConditionRow[]
  onChange(rows: ConditionRow[]): void
  isEditable: boolean
  /** JSON Pointer → what the server said about it. */
  errors: ReadonlyMap<string, string>
}

export function ConditionRows({ rows, onChange, isEditable, errors }: ConditionRowsProps) {
  const { t } = useTranslation('admin')
  const set = (index: number, part: Partial<ConditionRow>) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...part } : row)))
  const errorAt = (index: number, member: 'name' | 'values'): string | undefined => {
    const row = rows[index]
    if (!row) return undefined
    const at = rows.slice(0, index).filter(({ kind }) => kind === row.kind).length
    const place = ['when', memberOf[row.kind], ...(row.kind === 'contentType' ? [] : [at, member])]
    const pointer = pointerOf(place)
    return [...errors].find(([found]) => found === pointer || found.startsWith(`${pointer}/`))?.[1]
  }
  return (
    <div className="flex flex-col gap-3">
      {rows.length === 0 ? <p className="text-sm text-muted">{t('routes.conditions.none')}</p> : null}
      <ul className="flex flex-col gap-3">
        {rows.map((row, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
          <li key={index} className="flex items-start gap-2">
            <div className="grid min-w-0 flex-1 grid-cols-1 items-start gap-2 sm:grid-cols-[10rem_minmax(0,1fr)_minmax(0,1.3fr)]">
              <Select
                label={t('routes.conditions.kind')}
                labelHidden
                value={row.kind}
                options={kinds.map((value) => ({ value, label: t(`routes.conditions.${value}`) }))}
                onChange={(kind) => set(index, { kind })}
                isDisabled={!isEditable}
              />
              {row.kind === 'contentType' ? null : (
                <TextField
                  label={t('routes.conditions.name')}
                  labelHidden
                  placeholder={t('routes.conditions.name')}
                  error={errorAt(index, 'name')}
                  value={row.name}
                  onChange={(name) =>
                    set(index, { name: row.kind === 'header' ? name.trim().toLowerCase() : name.trim() })
                  }
                  isReadOnly={!isEditable}
                  mono
                />
              )}
              <TagField
                label={t('routes.conditions.values')}
                labelHidden
                placeholder={
                  row.kind === 'contentType'
                    ? t('routes.conditions.mediaTypes')
                    : t('routes.conditions.anyValue')
                }
                error={errorAt(index, 'values')}
                values={row.values}
                onChange={(values) => set(index, { values })}
                isReadOnly={!isEditable}
                className={row.kind === 'contentType' ? 'sm:col-span-2' : ''}
              />
            </div>
            {isEditable ? (
              <IconButton
                icon={Trash2}
                label={t('routes.conditions.remove', { number: index + 1 })}
                onPress={() => onChange(rows.filter((_, at) => at !== index))}
              />
            ) : null}
          </li>
        ))}
      </ul>
      {isEditable ? (
        <Button
          size="sm"
          icon={Plus}
          className="self-start"
          isDisabled={rows.length >= 16}
          onPress={() => onChange([...rows, { kind: 'header', name: '', values: [] }])}
        >
          {t('routes.conditions.add')}
        </Button>
      ) : null}
    </div>
  )
}

/** Where a route sends its calls: a fixed upstream, or what the traffic of the environment decides. */
export function UpstreamChoice({
  names,
  value,
  onChange,
  isEditable,
  error,
}: {
  names: readonly string[]
  value: string | null
  onChange(name: string | null): void
  isEditable: boolean
  error: string | undefined
}) {
  const { t } = useTranslation('admin')
  const known = value === null || names.includes(value) ? names : [...names, value]
  return (
    <Select
      label={t('routes.upstream')}
      help={t('routes.upstreamHelp')}
      error={error}
      value={value ?? byTraffic}
      options={[
        { value: byTraffic, label: t('routes.byTraffic') },
        ...known.map((name) => ({ value: name, label: name })),
      ]}
      onChange={(next) => onChange(next === byTraffic ? null : next)}
      isDisabled={!isEditable}
    />
  )
}

// No name of an upstream looks like this.
const byTraffic = '*'
