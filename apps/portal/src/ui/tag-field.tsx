// Any number of short values in one field: each becomes a tag on Enter, on a comma, or when the field is left.

import { X } from 'lucide-react'
import { type KeyboardEvent, useState } from 'react'
import { Button } from 'react-aria-components/Button'
import { Group } from 'react-aria-components/Group'
import { Input } from 'react-aria-components/Input'
import { TextField as AriaTextField } from 'react-aria-components/TextField'
import { useTranslation } from 'react-i18next'
import { cx } from './class-names.ts'
import { controlClass, FieldFrame, type FieldText, framed } from './field.tsx'

interface TagFieldProps extends FieldText {
  values: readonly string[]
  onChange(values: string[]): void
  placeholder?: string
  isReadOnly?: boolean
  className?: string
}

export function TagField({
  label,
  help,
  error,
  aside,
  labelHidden,
  values,
  onChange,
  placeholder,
  isReadOnly = false,
  className,
}: TagFieldProps) {
  const { t } = useTranslation('common')
  const [typed, setTyped] = useState('')
  const take = (text: string) => {
    const value = text.trim()
    setTyped('')
    if (value !== '' && !values.includes(value)) onChange([...values, value])
  }
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && typed.trim() !== '') {
      // Not yet the Enter that sends the form.
      event.preventDefault()
      take(typed)
    } else if (event.key === 'Backspace' && typed === '' && !isReadOnly) onChange(values.slice(0, -1))
  }
  return (
    <AriaTextField
      value={typed}
      onChange={(next) => {
        if (!next.includes(',')) return setTyped(next)
        const parts = next.split(',')
        const rest = parts.pop() ?? ''
        const fresh = parts.map((part) => part.trim()).filter((part) => part !== '')
        onChange([...new Set([...values, ...fresh])])
        setTyped(rest)
      }}
      onBlur={() => take(typed)}
      isReadOnly={isReadOnly}
      {...framed(error, className)}
    >
      <FieldFrame label={label} help={help} error={error} aside={aside} labelHidden={labelHidden}>
        <Group
          className={cx(
            controlClass,
            'flex min-h-8 flex-wrap items-center gap-1 px-1.5 py-0.5 focus-within:border-accent max-sm:min-h-10',
          )}
        >
          {values.map((value) => (
            <span
              key={value}
              className="inline-flex h-6 max-w-full items-center rounded-md border border-line bg-sunken pl-1.5 font-mono text-xs"
            >
              <span className="truncate">{value}</span>
              {isReadOnly ? (
                <span className="w-1.5" />
              ) : (
                <Button
                  slot={null}
                  aria-label={t('form.removeValue', { value })}
                  onPress={() => onChange(values.filter((other) => other !== value))}
                  className="grid size-6 shrink-0 place-items-center rounded-md text-faint data-hovered:text-ink"
                >
                  <X size={12} aria-hidden />
                </Button>
              )}
            </span>
          ))}
          <Input
            placeholder={values.length === 0 ? placeholder : undefined}
            onKeyDown={press}
            className="h-6 min-w-3 flex-1 basis-3 bg-transparent px-1 font-mono text-sm outline-none max-sm:text-md"
          />
        </Group>
      </FieldFrame>
    </AriaTextField>
  )
}
