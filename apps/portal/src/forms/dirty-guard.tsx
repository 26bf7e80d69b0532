// Asks before edits are lost: on navigation inside the app, and on closing the tab.

import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'

export function DirtyGuard({ isDirty }: { isDirty: boolean }) {
  const { t } = useTranslation('common')
  const blocker = useBlocker({
    // A new tab or filter of the same page keeps the form mounted, so nothing is lost there.
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: isDirty,
    withResolver: true,
  })
  if (blocker.status !== 'blocked') return null
  return (
    <Dialog
      role="alertdialog"
      size="sm"
      isOpen
      onClose={blocker.reset}
      title={t('form.leaveTitle')}
      footer={
        <>
          <Button onPress={blocker.reset}>{t('form.stay')}</Button>
          <Button variant="danger" onPress={blocker.proceed}>
            {t('form.leave')}
          </Button>
        </>
      }
    >
      <p className="text-muted">{t('form.leaveDetail')}</p>
    </Dialog>
  )
}
