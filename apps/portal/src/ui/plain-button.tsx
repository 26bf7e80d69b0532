// A button for pages that must load little: native, with the same look as Button.

import { Check, Copy, LoaderCircle, type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { type ButtonSize, type ButtonVariant, plainButtonClass } from './button-class.ts'
import { useCopy } from './use-copy.ts'

export interface PlainButtonProps {
  variant?: ButtonVariant
  size?: ButtonSize
  icon?: LucideIcon
  onPress(): void
  isPending?: boolean
  isDisabled?: boolean
  children: ReactNode
  className?: string
}

export function PlainButton({
  variant,
  size,
  icon: Icon,
  onPress,
  isPending,
  isDisabled,
  children,
  className,
}: PlainButtonProps) {
  const Shown = isPending ? LoaderCircle : Icon
  return (
    <button
      type="button"
      onClick={onPress}
      disabled={isPending || isDisabled}
      aria-busy={isPending}
      className={plainButtonClass(variant, size, className)}
    >
      {Shown ? <Shown size={16} aria-hidden className={isPending ? 'animate-spin' : undefined} /> : null}
      <span>{children}</span>
    </button>
  )
}

/** Copies a text; its name is read and shown on hover. */
export function PlainCopy({ text, label, className }: { text: string; label: string; className?: string }) {
  const { t } = useTranslation('common')
  const [copied, copy] = useCopy()
  const Icon = copied ? Check : Copy
  return (
    <button
      type="button"
      aria-label={copied ? t('copied') : label}
      title={label}
      onClick={() => void copy(text)}
      className={plainButtonClass('quiet', 'sm', `w-7 px-0! ${className ?? ''}`)}
    >
      <Icon size={16} aria-hidden />
    </button>
  )
}
