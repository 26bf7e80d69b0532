// Links: router links in text and in the shape of a button, and links that leave the app.

import { createLink } from '@tanstack/react-router'
import { ArrowUpRight, type LucideIcon } from 'lucide-react'
import type { AnchorHTMLAttributes, ReactNode, Ref } from 'react'
import { type ButtonSize, type ButtonVariant, plainButtonClass } from './button-class.ts'
import { cx } from './class-names.ts'

const textLink = 'font-medium text-accent-text underline-offset-4 hover:underline'

interface AnchorProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  ref?: Ref<HTMLAnchorElement>
}

/** A typed router link that looks like a link. */
export const Link = createLink(({ className, children, ...rest }: AnchorProps) => (
  <a {...rest} className={cx(textLink, className)}>
    {children}
  </a>
))

/** A typed router link without any look of its own: rows, cards, navigation. */
export const PlainLink = createLink(({ children, ...rest }: AnchorProps) => <a {...rest}>{children}</a>)

interface LinkButtonProps extends AnchorProps {
  variant?: ButtonVariant
  size?: ButtonSize
  icon?: LucideIcon
}

/** Goes somewhere, so it is a link; looks like the button it stands beside. */
export const LinkButton = createLink(
  ({ variant, size, icon: Icon, className, children, ...rest }: LinkButtonProps) => (
    <a {...rest} className={plainButtonClass(variant, size, className)}>
      {Icon ? <Icon size={16} aria-hidden /> : null}
      <span>{children}</span>
    </a>
  ),
)

export function ExternalLink({
  href,
  children,
  className,
}: {
  href: string
  children: ReactNode
  className?: string
}) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      className={cx(textLink, 'inline-flex items-center gap-0.5', className)}
    >
      {children}
      <ArrowUpRight size={14} aria-hidden />
    </a>
  )
}
