// The side bar of narrow windows: slides over the page, closes on Escape, outside, or when a page was chosen.

import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Dialog } from 'react-aria-components/Dialog'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import { useTranslation } from 'react-i18next'
import { Mark } from '../brand/mark.tsx'
import { IconButton } from '../ui/button.tsx'

export function MenuDrawer({ onClose, children }: { onClose(): void; children: ReactNode }) {
  const { t } = useTranslation('common')
  return (
    <ModalOverlay
      isOpen
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      isDismissable
      className="fixed inset-0 z-50 bg-scrim data-entering:animate-fade lg:hidden"
    >
      <Modal className="h-full w-72 border-r border-line bg-canvas">
        <Dialog aria-label={t('shell.menu')} className="flex h-full flex-col outline-none">
          <div className="flex h-12 items-center justify-between border-b border-line px-3">
            <Mark size={22} />
            <IconButton icon={X} label={t('close')} onPress={onClose} />
          </div>
          <nav
            aria-label={t('shell.sidebar')}
            className="flex flex-1 flex-col gap-5 overflow-y-auto px-3 py-4"
          >
            {children}
          </nav>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
