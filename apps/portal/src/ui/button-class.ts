// How a button looks, apart from how it behaves: links and plain buttons wear it too.

import { cx } from './class-names.ts'

export type ButtonVariant = 'primary' | 'secondary' | 'quiet' | 'danger' | 'danger-quiet'
export type ButtonSize = 'sm' | 'md' | 'lg'

const variants: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-on-accent data-hovered:bg-accent-hover data-pressed:bg-accent-hover',
  secondary:
    'border border-line-strong bg-surface text-ink data-hovered:bg-hover data-pressed:bg-pressed data-disabled:border-line',
  quiet: 'text-muted data-hovered:bg-hover data-hovered:text-ink data-pressed:bg-pressed',
  danger: 'bg-danger-solid text-on-danger data-hovered:bg-danger-hover data-pressed:bg-danger-hover',
  'danger-quiet': 'text-danger data-hovered:bg-danger-soft data-pressed:bg-danger-soft',
}

const sizes: Record<ButtonSize, string> = {
  sm: 'h-7 gap-1.5 px-2.5 text-sm',
  md: 'h-8 gap-1.5 px-3 text-base max-sm:h-10',
  lg: 'h-10 gap-2 px-4 text-md',
}

export function buttonClass(
  variant: ButtonVariant = 'secondary',
  size: ButtonSize = 'md',
  extra?: string,
): string {
  return cx(
    'inline-flex shrink-0 items-center justify-center whitespace-nowrap rounded-lg font-medium select-none transition-colors duration-100',
    'data-disabled:cursor-not-allowed data-disabled:opacity-50',
    variants[variant],
    sizes[size],
    extra,
  )
}

/** For elements without react-aria's data attributes: the hover look as CSS. */
const hovers: Record<ButtonVariant, string> = {
  primary: 'hover:bg-accent-hover',
  secondary: 'hover:bg-hover',
  quiet: 'hover:bg-hover hover:text-ink',
  danger: 'hover:bg-danger-hover',
  'danger-quiet': 'hover:bg-danger-soft',
}

export function plainButtonClass(
  variant: ButtonVariant = 'secondary',
  size: ButtonSize = 'md',
  extra?: string,
): string {
  return buttonClass(
    variant,
    size,
    cx(hovers[variant], 'disabled:cursor-not-allowed disabled:opacity-50', extra),
  )
}
