// Buttons: one look for each weight of action; a page has one primary.

import { LoaderCircle, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components/Button'
import { composeRenderProps } from 'react-aria-components/composeRenderProps'
import { type ButtonSize, type ButtonVariant, buttonClass } from './button-class.ts'
import { cx } from './class-names.ts'
import { Tooltip } from './tooltip.tsx'

export interface ButtonProps extends Omit<AriaButtonProps, 'children'> {
  variant?: ButtonVariant
  size?: ButtonSize
  icon?: LucideIcon
  children: ReactNode
}

/** `isPending` keeps the width and the focus, and tells screen readers. */
export function Button({ variant, size, icon: Icon, children, className, ...rest }: ButtonProps) {
  return (
    <AriaButton
      {...rest}
      className={composeRenderProps(className, (extra) => buttonClass(variant, size, cx('relative', extra)))}
    >
      {({ isPending }) => (
        <>
          {Icon ? (
            <Icon
              size={size === 'lg' ? 18 : 16}
              aria-hidden
              className={isPending ? 'opacity-0' : undefined}
            />
          ) : null}
          <span className={isPending ? 'opacity-0' : undefined}>{children}</span>
          {isPending ? <LoaderCircle size={16} className="absolute animate-spin" aria-hidden /> : null}
        </>
      )}
    </AriaButton>
  )
}

export interface IconButtonProps extends Omit<AriaButtonProps, 'children' | 'aria-label'> {
  icon: LucideIcon
  label: string
  variant?: ButtonVariant
  size?: 'sm' | 'md'
}

/** An icon alone always carries a name and shows it as a tooltip. */
export function IconButton({
  icon: Icon,
  label,
  variant = 'quiet',
  size = 'md',
  className,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <AriaButton
        {...rest}
        aria-label={label}
        className={composeRenderProps(className, (extra) =>
          buttonClass(variant, size, cx(size === 'sm' ? 'w-7 px-0!' : 'w-8 px-0!', extra)),
        )}
      >
        <Icon size={16} aria-hidden />
      </AriaButton>
    </Tooltip>
  )
}
