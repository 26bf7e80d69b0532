// What every field of a generated form gets, and what stands beside its label.

import { RotateCcw } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { FieldNode, Json } from './schema-model.ts'

export type Path = ReadonlyArray<string | number>

/** What is told to every field. A field shows one `node` of the schema and the `value` at its `path`. */
export interface SchemaFieldProps<N extends FieldNode = FieldNode> {
  node: N
  /** `undefined` = not set: the default applies. */
  value: Json | undefined
  onChange(value: Json | undefined): void
  path: Path
  /** JSON Pointer → what the server said about it. */
  errors: ReadonlyMap<string, string>
  isReadOnly?: boolean
  /** Entries of a list carry their number for readers only. */
  isLabelHidden?: boolean
}

/** The props of a field of one kind. */
export type PropsOf<K extends FieldNode['kind']> = SchemaFieldProps<Extract<FieldNode, { kind: K }>>

/** What stands right of the label: "Optional", "Default", or the way back to it; nothing at a required field. */
export function useAside({ node, value, onChange, isReadOnly }: SchemaFieldProps): ReactNode {
  const { t } = useTranslation('common')
  if (node.isRequired) return null
  if (value === undefined) return node.fallback === undefined ? t('optional') : t('form.isDefault')
  const isDefault = node.fallback !== undefined && JSON.stringify(node.fallback) === JSON.stringify(value)
  if (isDefault) return t('form.isDefault')
  if (isReadOnly) return null
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

/** What the field shows: its own value, or the default that applies without one. */
export function shown(node: FieldNode, value: Json | undefined): Json | undefined {
  return value === undefined ? node.fallback : value
}
