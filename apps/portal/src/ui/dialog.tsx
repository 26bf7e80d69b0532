// Dialogs: a task in the middle of the screen, and a drawer at its side.

import { X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Dialog as AriaDialog } from 'react-aria-components/Dialog'
import { Heading } from 'react-aria-components/Heading'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { useTranslation } from 'react-i18next'
import { IconButton } from './button.tsx'
import { cx } from './class-names.ts'

export interface DialogProps {
  isOpen: boolean
  onClose(): void
  title: ReactNode
  /** One sentence under the title. */
  sentence?: ReactNode
  children: ReactNode
  /** Buttons, right-aligned; the primary comes last. */
  footer?: ReactNode
  size?: 'sm' | 'md' | 'lg' | 'xl'
  /** While true neither Escape nor a click outside closes it: a secret is still on screen. */
  isLocked?: boolean
  role?: 'dialog' | 'alertdialog'
}

const widths = { sm: 'max-w-md', md: 'max-w-xl', lg: 'max-w-3xl', xl: 'max-w-5xl' }

const overlayClass = 'fixed inset-0 z-50 flex bg-scrim data-entering:animate-fade'

export function Dialog({
  isOpen,
  onClose,
  title,
  sentence,
  children,
  footer,
  size = 'md',
  isLocked = false,
  role = 'dialog',
}: DialogProps) {
  const { isTouched, onInput } = useTouched(isOpen)
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      isDismissable={!isLocked && !isTouched && role === 'dialog'}
      isKeyboardDismissDisabled={isLocked}
      className={cx(
        overlayClass,
        'items-start justify-center overflow-y-auto p-4 sm:pt-[10vh] max-sm:items-end max-sm:p-0',
      )}
    >
      <Modal
        className={cx(
          'w-full animate-pop rounded-xl bg-raised shadow-pop outline-none max-sm:rounded-b-none',
          widths[size],
        )}
      >
        <AriaDialog role={role} className="flex max-h-[80dvh] flex-col outline-none max-sm:max-h-[92dvh]">
          <DialogHead title={title} sentence={sentence} onClose={isLocked ? undefined : onClose} />
          <div onInput={onInput} className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">
            {children}
          </div>
          {footer ? (
            <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">
              {footer}
            </div>
          ) : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

export function Drawer({
  isOpen,
  onClose,
  title,
  sentence,
  children,
  footer,
  isLocked = false,
  size = 'md',
}: DialogProps) {
  const { isTouched, onInput } = useTouched(isOpen)
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      isDismissable={!isLocked && !isTouched}
      isKeyboardDismissDisabled={isLocked}
      className={cx(overlayClass, 'justify-end')}
    >
      <Modal
        className={cx(
          'h-full w-full animate-slide border-l border-line bg-raised outline-none',
          widths[size],
        )}
      >
        <AriaDialog className="flex h-full flex-col outline-none">
          <DialogHead title={title} sentence={sentence} onClose={isLocked ? undefined : onClose} />
          <div onInput={onInput} className="min-h-0 flex-1 overflow-y-auto px-5 pb-5">
            {children}
          </div>
          {footer ? (
            <div className="flex flex-wrap items-center justify-end gap-2 border-t border-line px-5 py-3">
              {footer}
            </div>
          ) : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

/** Once something was typed, a press beside the dialog does not throw it away: Escape and the cross still do. */
function useTouched(isOpen: boolean): { isTouched: boolean; onInput(): void } {
  const [isTouched, setTouched] = useState(false)
  if (!isOpen && isTouched) setTouched(false)
  return { isTouched, onInput: () => setTouched(true) }
}

function DialogHead({
  title,
  sentence,
  onClose,
}: {
  title: ReactNode
  sentence: ReactNode
  onClose: (() => void) | undefined
}) {
  const { t } = useTranslation('common')
  return (
    <div className="flex items-start justify-between gap-4 px-5 pt-4 pb-3">
      <div className="flex min-w-0 flex-col gap-0.5">
        <Heading slot="title" className="text-md font-semibold">
          {title}
        </Heading>
        {sentence ? <p className="text-muted">{sentence}</p> : null}
      </div>
      {onClose ? <IconButton icon={X} label={t('close')} onPress={onClose} className="-mr-2 -mt-1" /> : null}
    </div>
  )
}
