// Choices that are seen at once: checkbox, switch, radio group, segmented control.

import { Check, Minus } from 'lucide-react'
import type { ReactNode } from 'react'
import {
  Checkbox as AriaCheckbox,
  type CheckboxProps as AriaCheckboxProps,
} from 'react-aria-components/Checkbox'
import { RadioGroup as AriaRadioGroup, Radio } from 'react-aria-components/RadioGroup'
import { Switch as AriaSwitch } from 'react-aria-components/Switch'
import { cx } from './class-names.ts'
import { FieldFrame, type FieldText, framed } from './field.tsx'

export interface CheckboxProps extends Omit<AriaCheckboxProps, 'children' | 'className' | 'style'> {
  children?: ReactNode
  help?: ReactNode
  className?: string
}

export function Checkbox({ children, help, className, ...rest }: CheckboxProps) {
  return (
    <AriaCheckbox
      {...rest}
      className={cx('group inline-flex items-start gap-2 data-disabled:opacity-50', className)}
    >
      {({ isSelected, isIndeterminate }) => (
        <>
          <span
            className={cx(
              'mt-0.5 grid size-4 shrink-0 place-items-center rounded-sm border transition-colors duration-100',
              'group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-accent',
              isSelected || isIndeterminate
                ? 'border-accent bg-accent text-on-accent'
                : 'border-line-strong bg-surface group-data-hovered:border-faint',
            )}
          >
            {isIndeterminate ? (
              <Minus size={12} strokeWidth={3} aria-hidden />
            ) : isSelected ? (
              <Check size={12} strokeWidth={3} aria-hidden />
            ) : null}
          </span>
          {children ? (
            <span className="flex flex-col">
              <span>{children}</span>
              {help ? <span className="text-sm text-muted">{help}</span> : null}
            </span>
          ) : null}
        </>
      )}
    </AriaCheckbox>
  )
}

export interface SwitchProps {
  children: ReactNode
  help?: ReactNode
  labelHidden?: boolean
  isSelected: boolean
  onChange(value: boolean): void
  isDisabled?: boolean
  className?: string
}

export function Switch({
  children,
  help,
  labelHidden,
  isSelected,
  onChange,
  isDisabled,
  className,
}: SwitchProps) {
  return (
    <AriaSwitch
      isSelected={isSelected}
      onChange={onChange}
      isDisabled={isDisabled ?? false}
      className={cx('group inline-flex items-start gap-2.5 data-disabled:opacity-50', className)}
    >
      <span className="mt-px flex h-[18px] w-8 shrink-0 items-center rounded-full bg-line-strong p-0.5 transition-colors duration-100 group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-accent group-data-selected:bg-accent">
        <span className="size-3.5 rounded-full bg-surface transition-transform duration-100 group-data-selected:translate-x-3.5" />
      </span>
      <span className={cx('flex flex-col', labelHidden && 'sr-only')}>
        <span>{children}</span>
        {help ? <span className="text-sm text-muted">{help}</span> : null}
      </span>
    </AriaSwitch>
  )
}

export interface RadioOption<V extends string> {
  value: V
  label: ReactNode
  detail?: ReactNode
  isDisabled?: boolean
}

interface RadioGroupProps<V extends string> extends FieldText {
  options: ReadonlyArray<RadioOption<NoInfer<V>>>
  value: V | null
  onChange(value: NoInfer<V>): void
  isDisabled?: boolean
  /** `cards` gives each option a bordered box. */
  look?: 'list' | 'cards'
  className?: string
}

export function RadioGroup<V extends string>({
  label,
  help,
  error,
  aside,
  labelHidden,
  options,
  value,
  onChange,
  isDisabled,
  look = 'list',
  className,
}: RadioGroupProps<V>) {
  return (
    <AriaRadioGroup
      value={value}
      onChange={(next) => {
        const option = options.find((candidate) => candidate.value === next)
        if (option) onChange(option.value)
      }}
      isDisabled={isDisabled ?? false}
      {...framed(error, className)}
    >
      <FieldFrame label={label} help={help} error={error} aside={aside} labelHidden={labelHidden}>
        <div className={look === 'cards' ? 'flex flex-col gap-2' : 'flex flex-col gap-1.5'}>
          {options.map((option) => (
            <Radio
              key={option.value}
              value={option.value}
              isDisabled={option.isDisabled ?? false}
              className={cx(
                'group flex items-start gap-2.5 data-disabled:opacity-50',
                look === 'cards' &&
                  'rounded-lg border border-line px-3 py-2.5 data-hovered:border-line-strong data-selected:border-accent data-selected:bg-accent-soft',
              )}
            >
              <span className="mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border border-line-strong bg-surface group-data-focus-visible:outline-2 group-data-focus-visible:outline-offset-2 group-data-focus-visible:outline-accent group-data-selected:border-[5px] group-data-selected:border-accent" />
              <span className="flex min-w-0 flex-1 flex-col">
                <span className={look === 'cards' ? 'font-medium' : undefined}>{option.label}</span>
                {option.detail ? <span className="text-sm text-muted">{option.detail}</span> : null}
              </span>
            </Radio>
          ))}
        </div>
      </FieldFrame>
    </AriaRadioGroup>
  )
}

/** A radio group drawn as one bar: two to five short options. */
export function Segmented<V extends string>({
  label,
  options,
  value,
  onChange,
  className,
}: {
  label: string
  options: ReadonlyArray<{ value: NoInfer<V>; label: ReactNode; name?: string }>
  value: V
  onChange(value: NoInfer<V>): void
  className?: string
}) {
  return (
    <AriaRadioGroup
      aria-label={label}
      orientation="horizontal"
      value={value}
      onChange={(next) => {
        const option = options.find((candidate) => candidate.value === next)
        if (option) onChange(option.value)
      }}
      className={cx('inline-flex rounded-lg border border-line bg-sunken p-0.5', className)}
    >
      {options.map((option) => (
        <Radio
          key={option.value}
          value={option.value}
          {...(option.name ? { 'aria-label': option.name } : {})}
          className="grid h-6 min-w-6 place-items-center rounded-md px-2 text-sm text-muted select-none data-hovered:text-ink data-focus-visible:outline-2 data-focus-visible:outline-accent data-selected:bg-surface data-selected:font-medium data-selected:text-ink data-selected:shadow-[0_0_0_1px_var(--line)]"
        >
          {option.label}
        </Radio>
      ))}
    </AriaRadioGroup>
  )
}
