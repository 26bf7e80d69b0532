// What every field shares: label above, help below, the error in place of nothing.

import type { ReactNode } from 'react'
import { FieldError as AriaFieldError } from 'react-aria-components/FieldError'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'

export interface FieldText {
  label: ReactNode
  help?: ReactNode
  error?: string | undefined
  /** Right of the label: "Optional", "Default", a link. */
  aside?: ReactNode
  labelHidden?: boolean
}

export const controlClass =
  'w-full rounded-lg border border-line-strong bg-surface text-ink transition-colors duration-100 ' +
  'hover:border-faint data-focused:border-accent data-invalid:border-danger-solid ' +
  'data-disabled:cursor-not-allowed data-disabled:bg-sunken data-disabled:text-faint [&:is(input,textarea):read-only]:bg-sunken'

export const inputClass = `${controlClass} h-8 px-2.5 max-sm:h-10 max-sm:text-md`

export function FieldLabel({
  label,
  aside,
  labelHidden,
}: Pick<FieldText, 'label' | 'aside' | 'labelHidden'>) {
  if (labelHidden) return <Label className="sr-only">{label}</Label>
  return (
    <span className="flex items-baseline justify-between gap-3">
      <Label className="text-sm font-medium text-ink">{label}</Label>
      {aside ? <span className="text-xs text-faint">{aside}</span> : null}
    </span>
  )
}

export function FieldNotes({ help, error }: Pick<FieldText, 'help' | 'error'>) {
  return (
    <>
      {help && !error ? (
        <Text slot="description" className="text-sm text-muted">
          {help}
        </Text>
      ) : null}
      <AriaFieldError className="text-sm text-danger">{error}</AriaFieldError>
    </>
  )
}
