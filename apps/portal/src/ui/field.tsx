// What every field shares: label above, help below, the error in place of the help.

import type { ReactNode } from 'react'
import { FieldError as AriaFieldError } from 'react-aria-components/FieldError'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { cx } from './class-names.ts'

export interface FieldText {
  label: ReactNode
  help?: ReactNode
  error?: string | undefined
  /** Right of the label: "Optional", "Default", a link. */
  aside?: ReactNode
  labelHidden?: boolean | undefined
}

export const controlClass =
  'w-full rounded-lg border border-line-strong bg-surface text-ink transition-colors duration-100 ' +
  'hover:border-faint data-focused:border-accent data-invalid:border-danger-solid ' +
  'data-disabled:cursor-not-allowed data-disabled:bg-sunken data-disabled:text-faint [&:is(input,textarea):read-only]:bg-sunken'

export const inputClass = `${controlClass} h-8 px-2.5 max-sm:h-10 max-sm:text-md`

/** A box that looks like one input and holds more: a prefix, a unit, buttons. */
export const groupClass = cx(
  controlClass,
  'flex h-8 items-center overflow-hidden focus-within:border-accent max-sm:h-10',
)

/** The input inside such a box. */
export const groupInputClass = 'h-full min-w-0 flex-1 bg-transparent px-2.5 outline-none max-sm:text-md'

/** What the field around a `FieldFrame` is told; `isInvalid` marks one whose reason stands elsewhere. */
export function framed(error: string | undefined, className: string | undefined, isInvalid?: boolean) {
  return {
    isInvalid: isInvalid ?? Boolean(error),
    // Errors come from the server or from our own checks, never from the browser's bubbles.
    validationBehavior: 'aria',
    className: cx('flex min-w-0 flex-col gap-1.5', className),
  } as const
}

/** Label, control, help or error: the inside of a react-aria field, which ties them together. */
export function FieldFrame({
  label,
  help,
  error,
  aside,
  labelHidden,
  children,
}: FieldText & { children: ReactNode }) {
  return (
    <>
      {labelHidden ? (
        <Label className="sr-only">{label}</Label>
      ) : (
        <span className="flex items-baseline justify-between gap-3">
          <Label className="text-sm font-medium text-ink">{label}</Label>
          {aside ? <span className="text-xs text-faint">{aside}</span> : null}
        </span>
      )}
      {children}
      {help && !error ? (
        <Text slot="description" className="text-sm text-muted">
          {help}
        </Text>
      ) : null}
      <AriaFieldError className="text-sm text-danger">{error}</AriaFieldError>
    </>
  )
}
