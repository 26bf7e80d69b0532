// Text inputs: one line, many lines, search and numbers.

import { Minus, Plus, Search, X } from 'lucide-react'
import type { ReactNode, Ref } from 'react'
import { Button } from 'react-aria-components/Button'
import { Group } from 'react-aria-components/Group'
import { Input } from 'react-aria-components/Input'
import {
  NumberField as AriaNumberField,
  type NumberFieldProps as AriaNumberFieldProps,
} from 'react-aria-components/NumberField'
import {
  SearchField as AriaSearchField,
  type SearchFieldProps as AriaSearchFieldProps,
} from 'react-aria-components/SearchField'
import { TextArea as AriaTextArea } from 'react-aria-components/TextArea'
import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from 'react-aria-components/TextField'
import { cx } from './class-names.ts'
import {
  controlClass,
  FieldFrame,
  type FieldText,
  framed,
  groupClass,
  groupInputClass,
  inputClass,
} from './field.tsx'

type Base<P> = Omit<P, 'children' | 'className' | 'style'> & FieldText & { className?: string }

export interface TextFieldProps extends Base<AriaTextFieldProps> {
  placeholder?: string
  mono?: boolean
  /** Inside the box, before or after the text: a prefix such as "https://", a unit. */
  prefix?: ReactNode
  suffix?: ReactNode
  inputRef?: Ref<HTMLInputElement>
}

export function TextField({
  label,
  help,
  error,
  aside,
  labelHidden,
  placeholder,
  mono,
  prefix,
  suffix,
  className,
  inputRef,
  ...rest
}: TextFieldProps) {
  return (
    <AriaTextField {...rest} {...framed(error, className, rest.isInvalid)}>
      <FieldFrame label={label} help={help} error={error} aside={aside} labelHidden={labelHidden}>
        {prefix || suffix ? (
          <Group className={groupClass}>
            {prefix ? <span className="shrink-0 pl-2.5 text-faint">{prefix}</span> : null}
            <Input
              ref={inputRef ?? null}
              placeholder={placeholder}
              className={cx(groupInputClass, mono && 'font-mono text-sm')}
            />
            {suffix ? <span className="shrink-0 pr-2.5 text-faint">{suffix}</span> : null}
          </Group>
        ) : (
          <Input
            ref={inputRef ?? null}
            placeholder={placeholder}
            className={cx(inputClass, mono && 'font-mono text-sm')}
          />
        )}
      </FieldFrame>
    </AriaTextField>
  )
}

export interface TextAreaProps extends Base<AriaTextFieldProps> {
  placeholder?: string
  mono?: boolean
  rows?: number
}

export function TextArea({
  label,
  help,
  error,
  aside,
  labelHidden,
  placeholder,
  mono,
  rows = 4,
  className,
  ...rest
}: TextAreaProps) {
  return (
    <AriaTextField {...rest} {...framed(error, className, rest.isInvalid)}>
      <FieldFrame label={label} help={help} error={error} aside={aside} labelHidden={labelHidden}>
        <AriaTextArea
          rows={rows}
          placeholder={placeholder}
          spellCheck={mono ? false : undefined}
          className={cx(
            controlClass,
            'resize-y px-2.5 py-2 leading-5 max-sm:text-md',
            mono && 'font-mono text-sm',
          )}
        />
      </FieldFrame>
    </AriaTextField>
  )
}

export interface SearchFieldProps extends Omit<AriaSearchFieldProps, 'children' | 'className' | 'style'> {
  label: string
  placeholder?: string
  className?: string
  large?: boolean
}

export function SearchField({ label, placeholder, className, large, ...rest }: SearchFieldProps) {
  return (
    <AriaSearchField
      {...rest}
      aria-label={label}
      className={cx('group relative flex items-center', className)}
    >
      <Search
        size={large ? 18 : 15}
        aria-hidden
        className={cx('pointer-events-none absolute text-faint', large ? 'left-3.5' : 'left-2.5')}
      />
      <Input
        placeholder={placeholder ?? label}
        className={cx(
          controlClass,
          '[&::-webkit-search-cancel-button]:hidden',
          large ? 'h-11 pl-10 pr-9 text-md' : 'h-8 pl-8 pr-7 max-sm:h-10 max-sm:text-md',
        )}
      />
      <Button className="absolute right-1.5 grid size-6 place-items-center rounded-md text-faint data-hovered:bg-hover data-hovered:text-ink group-data-empty:hidden">
        <X size={14} aria-hidden />
      </Button>
    </AriaSearchField>
  )
}

export interface NumberFieldProps extends Base<AriaNumberFieldProps> {
  placeholder?: string
  unit?: string
  /** Typed alone: nobody counts from one to the next. */
  isStepless?: boolean
}

export function NumberField({
  label,
  help,
  error,
  aside,
  labelHidden,
  placeholder,
  unit,
  isStepless,
  className,
  ...rest
}: NumberFieldProps) {
  return (
    <AriaNumberField {...rest} {...framed(error, className, rest.isInvalid)}>
      <FieldFrame label={label} help={help} error={error} aside={aside} labelHidden={labelHidden}>
        <Group className={groupClass}>
          <Input placeholder={placeholder} className={cx(groupInputClass, 'tabular')} />
          {unit ? <span className="shrink-0 pr-2 text-sm text-faint">{unit}</span> : null}
          <span className={isStepless ? 'hidden' : 'flex h-full border-l border-line'}>
            <Button
              slot="decrement"
              className="grid h-full w-7 place-items-center text-faint data-hovered:bg-hover data-hovered:text-ink data-disabled:opacity-40"
            >
              <Minus size={13} aria-hidden />
            </Button>
            <Button
              slot="increment"
              className="grid h-full w-7 place-items-center border-l border-line text-faint data-hovered:bg-hover data-hovered:text-ink data-disabled:opacity-40"
            >
              <Plus size={13} aria-hidden />
            </Button>
          </span>
        </Group>
      </FieldFrame>
    </AriaNumberField>
  )
}
