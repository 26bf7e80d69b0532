// Around pages that belong to no tenant: the account, the list of tenants.

import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Wordmark } from '../brand/mark.tsx'
import { Toasts } from '../ui/toast.tsx'
import { SkipLink } from './announcer.tsx'
import { ProfileMenu } from './profile-menu.tsx'

export function PlainFrame({ children }: { children: ReactNode }) {
  const { t } = useTranslation('common')
  return (
    <div className="min-h-dvh">
      <SkipLink />
      <header className="flex h-12 items-center justify-between border-b border-line px-4">
        <a href="/" aria-label={t('appName')} className="rounded-lg">
          <Wordmark size={22} />
        </a>
        <ProfileMenu />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Toasts />
    </div>
  )
}
