// Toasts: what just happened, outside the flow. One queue; wraps the library's unstable export in one place.

import { CircleAlert, CircleCheck, Info, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from 'react-aria-components/Button'
import { Text } from 'react-aria-components/Text'
import {
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from 'react-aria-components/Toast'
import { useTranslation } from 'react-i18next'

export interface ToastText {
  title: string
  detail?: string
  tone?: 'success' | 'info' | 'danger'
  action?: { label: string; onAction(): void }
}

const queue = new ToastQueue<ToastText>({ maxVisibleToasts: 4 })

/** Says it for 5 s; one with an action stays 10 s so that it can be reached; an error stays until closed. */
export function toast(text: ToastText): void {
  const timeoutMs = text.action ? 10_000 : 5_000
  queue.add(text, text.tone === 'danger' ? {} : { timeout: timeoutMs })
}

const icons: Record<NonNullable<ToastText['tone']>, ReactNode> = {
  success: <CircleCheck size={18} aria-hidden className="mt-px shrink-0 text-success" />,
  info: <Info size={18} aria-hidden className="mt-px shrink-0 text-info" />,
  danger: <CircleAlert size={18} aria-hidden className="mt-px shrink-0 text-danger" />,
}

export function Toasts() {
  const { t } = useTranslation('common')
  return (
    <ToastRegion
      queue={queue}
      aria-label={t('notifications')}
      // On a phone dialogs come up from below, and their buttons with them.
      className="fixed right-4 bottom-4 z-[60] flex w-[min(24rem,calc(100vw-2rem))] flex-col-reverse gap-2 outline-none max-sm:top-4 max-sm:bottom-auto max-sm:flex-col"
    >
      {({ toast: entry }) => (
        <AriaToast
          toast={entry}
          className="flex animate-pop items-start gap-2.5 rounded-lg bg-raised p-3 shadow-pop"
        >
          {icons[entry.content.tone ?? 'success']}
          <ToastContent className="flex min-w-0 flex-1 flex-col">
            <Text slot="title" className="font-medium">
              {entry.content.title}
            </Text>
            {entry.content.detail ? (
              <Text slot="description" className="text-sm text-muted">
                {entry.content.detail}
              </Text>
            ) : null}
          </ToastContent>
          {entry.content.action ? (
            <Button
              className="rounded-md px-1.5 py-0.5 text-sm font-medium text-accent-text data-hovered:bg-hover"
              onPress={() => {
                entry.content.action?.onAction()
                queue.close(entry.key)
              }}
            >
              {entry.content.action.label}
            </Button>
          ) : null}
          <Button
            slot="close"
            aria-label={t('close')}
            className="-mr-1 -mt-0.5 grid size-6 place-items-center rounded-md text-faint data-hovered:bg-hover"
          >
            <X size={14} aria-hidden />
          </Button>
        </AriaToast>
      )}
    </ToastRegion>
  )
}
