// A value as JSON text: for what no field can show, and as the other tab of every generated form.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextArea } from '../ui/text-field.tsx'
import type { Json } from './schema-model.ts'

export interface JsonFieldProps {
  label: string
  labelHidden?: boolean
  help?: string
  error?: string
  value: Json | undefined
  onChange(value: Json | undefined): void
  isReadOnly?: boolean
  rows?: number
  /** Tells the form that the text cannot be read now. */
  onInvalid?: (isInvalid: boolean) => void
}

export function JsonField({
  label,
  labelHidden,
  help,
  error,
  value,
  onChange,
  isReadOnly,
  rows = 6,
  onInvalid,
}: JsonFieldProps) {
  const { t } = useTranslation('common')
  // The text as typed is kept while the value it stands for is the one outside.
  const [draft, setDraft] = useState<{ text: string; of: string; reason?: string }>()
  const outside = value === undefined ? '' : JSON.stringify(value, null, 2)
  const isCurrent = draft !== undefined && (draft.of === outside || draft.reason !== undefined)
  const change = (text: string) => {
    try {
      const parsed = text.trim() === '' ? undefined : (JSON.parse(text) as Json)
      setDraft({ text, of: parsed === undefined ? '' : JSON.stringify(parsed, null, 2) })
      onInvalid?.(false)
      onChange(parsed)
    } catch (failure) {
      setDraft({ text, of: outside, reason: failure instanceof Error ? failure.message : String(failure) })
      onInvalid?.(true)
    }
  }
  return (
    <TextArea
      label={label}
      labelHidden={labelHidden}
      help={help}
      error={
        error ?? (isCurrent && draft.reason ? t('form.jsonInvalid', { reason: draft.reason }) : undefined)
      }
      value={isCurrent ? draft.text : outside}
      onChange={change}
      isReadOnly={isReadOnly}
      rows={rows}
      mono
    />
  )
}
