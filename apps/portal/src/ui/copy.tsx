// Copying: a button that says it worked, a field made to be copied, a code block, and a secret that must be copied.

import { Check, Copy, Eye, EyeOff, KeyRound } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, IconButton } from './button.tsx'
import { cx } from './class-names.ts'
import { ScrollRegion } from './scroll-region.tsx'
import { useCopy } from './use-copy.ts'

export function CopyButton({
  text,
  label,
  onCopied,
  className,
}: {
  text: string
  label?: string
  onCopied?: () => void
  className?: string
}) {
  const { t } = useTranslation('common')
  const [copied, copy] = useCopy()
  return (
    <IconButton
      icon={copied ? Check : Copy}
      label={copied ? t('copied') : (label ?? t('copy'))}
      size="sm"
      {...(className ? { className } : {})}
      onPress={async () => {
        if (await copy(text)) onCopied?.()
      }}
    />
  )
}

/** A value that exists to be copied: a base URL, an id. */
export function CopyField({ value, label, className }: { value: string; label: string; className?: string }) {
  return (
    <div
      className={cx(
        'flex h-8 min-w-0 items-center gap-1 rounded-lg border border-line bg-sunken pr-0.5 pl-2.5',
        className,
      )}
    >
      <code className="min-w-0 flex-1 truncate text-sm" title={value}>
        {value}
      </code>
      <CopyButton text={value} label={label} />
    </div>
  )
}

export interface CodeBlockProps {
  code: string
  /** Names the block for screen readers and stands in its head. */
  title: string
  actions?: ReactNode
  wrap?: boolean
  onCopied?: () => void
  className?: string
  maxHeight?: string
}

export function CodeBlock({
  code,
  title,
  actions,
  wrap,
  className,
  maxHeight = '24rem',
  onCopied,
}: CodeBlockProps) {
  return (
    <figure className={cx('min-w-0 overflow-hidden rounded-lg border border-line bg-sunken', className)}>
      <figcaption className="flex h-9 items-center justify-between gap-2 border-b border-line pr-1 pl-3 text-xs font-medium text-muted">
        <span className="truncate">{title}</span>
        <span className="flex items-center gap-1">
          {actions}
          <CopyButton text={code} onCopied={onCopied} />
        </span>
      </figcaption>
      <ScrollRegion label={title} maxHeight={maxHeight} className="overflow-auto px-3 py-2.5">
        <pre className={cx('text-sm leading-5', wrap && 'break-all whitespace-pre-wrap')}>
          <code>{code}</code>
        </pre>
      </ScrollRegion>
    </figure>
  )
}

export interface SecretRevealProps {
  secret: string
  label: string
  /** Called once the secret was copied: the surrounding dialog may then be closed. */
  onCopied(): void
}

/**
 * Shows a secret exactly once. Masked until asked, and the owner waits for `onCopied` before it lets go. Where copying is
 * not allowed it is shown, to be copied by hand, and the owner may let go too: nobody is locked in with it.
 */
export function SecretReveal({ secret, label, onCopied }: SecretRevealProps) {
  const { t } = useTranslation('common')
  const [shown, setShown] = useState(false)
  const [isRefused, setRefused] = useState(false)
  const [copied, copy] = useCopy()
  const masked = `${secret.slice(0, 8)}${'•'.repeat(24)}${secret.slice(-4)}`
  return (
    <div className="flex flex-col gap-2 rounded-lg border border-warning-line bg-warning-soft p-3">
      <p className="flex items-center gap-2 font-medium text-warning">
        <KeyRound size={16} aria-hidden />
        {t('secretOnce')}
      </p>
      <div className="flex items-center gap-2">
        <code
          data-testid="secret"
          title={label}
          className="min-w-0 flex-1 rounded-md bg-surface px-2.5 py-2 text-sm break-all text-ink select-all"
        >
          {shown ? secret : masked}
        </code>
        <IconButton
          icon={shown ? EyeOff : Eye}
          label={shown ? t('hide') : t('show')}
          onPress={() => setShown(!shown)}
        />
        <Button
          variant="primary"
          icon={copied ? Check : Copy}
          onPress={async () => {
            const isRefusedNow = !(await copy(secret))
            setRefused(isRefusedNow)
            if (isRefusedNow) setShown(true)
            onCopied()
          }}
        >
          {copied ? t('copied') : t('copy')}
        </Button>
      </div>
      {isRefused ? (
        <p role="alert" className="text-sm text-warning">
          {t('copyFailed')}
        </p>
      ) : null}
    </div>
  )
}
