// Choosing one from a list: Select for a few, ComboBox when typing helps.

import { Check, ChevronsUpDown } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { ComboBox as AriaComboBox } from 'react-aria-components/ComboBox'
import { Group } from 'react-aria-components/Group'
import { Input } from 'react-aria-components/Input'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { Popover } from 'react-aria-components/Popover'
import { Select as AriaSelect, SelectValue } from 'react-aria-components/Select'
import { cx } from './class-names.ts'
import { FieldFrame, type FieldText, framed, groupClass, groupInputClass, inputClass } from './field.tsx'
import { popoverClass } from './popover-class.ts'

export interface Option<V extends string = string> {
  value: V
  label: string
  /** A second line in the list. */
  detail?: string
  icon?: ReactNode
  isDisabled?: boolean
}

interface ChoiceProps<V extends string> extends FieldText {
  options: ReadonlyArray<Option<NoInfer<V>>>
  value: V | null
  onChange(value: NoInfer<V>): void
  placeholder?: string
  isDisabled?: boolean
  name?: string
  className?: string
  size?: 'sm' | 'md'
}

const optionClass =
  'flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 outline-none select-none max-sm:py-2.5 ' +
  'data-focused:bg-hover data-hovered:bg-hover data-disabled:opacity-50'

function OptionRow({ option }: { option: Option }) {
  return (
    <ListBoxItem
      id={option.value}
      textValue={option.label}
      isDisabled={option.isDisabled ?? false}
      className={optionClass}
    >
      {({ isSelected }) => (
        <>
          {option.icon}
          <span className="flex min-w-0 flex-1 flex-col">
            <span className="truncate">{option.label}</span>
            {option.detail ? <span className="text-xs text-muted">{option.detail}</span> : null}
          </span>
          <Check
            size={14}
            aria-hidden
            className={cx('shrink-0 text-accent-text', !isSelected && 'invisible')}
          />
        </>
      )}
    </ListBoxItem>
  )
}

export function Select<V extends string>({
  label,
  help,
  error,
  aside,
  labelHidden,
  options,
  value,
  onChange,
  placeholder,
  isDisabled,
  name,
  className,
  size = 'md',
}: ChoiceProps<V>) {
  const chosen = options.find((option) => option.value === value)
  return (
    <AriaSelect
      value={value}
      onChange={(key) => {
        const next = options.find((option) => option.value === key)
        if (next) onChange(next.value)
      }}
      isDisabled={isDisabled ?? false}
      {...framed(error, className)}
      {...(name ? { name } : {})}
      {...(placeholder ? { placeholder } : {})}
    >
      <FieldFrame label={label} help={help} error={error} aside={aside} labelHidden={labelHidden}>
        <Button
          className={cx(
            inputClass,
            'flex items-center gap-2 text-left',
            size === 'sm' && 'h-7! px-2! text-sm',
          )}
        >
          <SelectValue className="flex min-w-0 flex-1 items-center gap-2 truncate data-placeholder:text-faint">
            {({ defaultChildren }) =>
              chosen ? (
                <>
                  {chosen.icon}
                  <span className="truncate">{chosen.label}</span>
                </>
              ) : (
                defaultChildren
              )
            }
          </SelectValue>
          <ChevronsUpDown size={14} aria-hidden className="shrink-0 text-faint" />
        </Button>
      </FieldFrame>
      <Popover offset={4} className={cx(popoverClass, 'max-h-80 min-w-(--trigger-width)')}>
        <ListBox items={options.map((option) => ({ id: option.value, option }))} className="outline-none">
          {({ option }) => <OptionRow option={option} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  )
}

interface ComboBoxProps<V extends string> extends ChoiceProps<V> {
  onInputChange?(text: string): void
  emptyText?: string
}

export function ComboBox<V extends string>({
  label,
  help,
  error,
  aside,
  labelHidden,
  options,
  value,
  onChange,
  placeholder,
  isDisabled,
  className,
  onInputChange,
  emptyText,
}: ComboBoxProps<V>) {
  return (
    <AriaComboBox
      value={value}
      onChange={(key) => {
        const next = options.find((option) => option.value === key)
        if (next) onChange(next.value)
      }}
      {...(onInputChange ? { onInputChange } : {})}
      defaultItems={options.map((option) => ({ id: option.value, option }))}
      isDisabled={isDisabled ?? false}
      {...framed(error, className)}
      menuTrigger="focus"
      allowsEmptyCollection
    >
      <FieldFrame label={label} help={help} error={error} aside={aside} labelHidden={labelHidden}>
        <Group className={groupClass}>
          <Input placeholder={placeholder} className={groupInputClass} />
          <Button className="grid h-full w-8 place-items-center text-faint">
            <ChevronsUpDown size={14} aria-hidden />
          </Button>
        </Group>
      </FieldFrame>
      <Popover offset={4} className={cx(popoverClass, 'max-h-80 w-(--trigger-width)')}>
        <ListBox<{ id: V; option: Option<V> }>
          className="outline-none"
          renderEmptyState={() => <p className="px-2 py-3 text-center text-sm text-muted">{emptyText}</p>}
        >
          {({ option }) => <OptionRow option={option} />}
        </ListBox>
      </Popover>
    </AriaComboBox>
  )
}
