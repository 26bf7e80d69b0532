// What a whole page shows when it cannot: not found, gone, no permission, and any other error.

import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { FileQuestion, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { EmptyState, ErrorState } from '../ui/states.tsx'

function HomeLink() {
  const { t } = useTranslation('common')
  return (
    <a href="/" className="font-medium text-accent-text underline-offset-4 hover:underline">
      {t('problem.home')}
    </a>
  )
}

export function NotFoundPage() {
  const { t } = useTranslation('common')
  return (
    <EmptyState
      icon={FileQuestion}
      title={t('problem.notFound.title')}
      sentence={t('problem.notFound.detail')}
      action={<HomeLink />}
      className="min-h-[50dvh] justify-center"
    />
  )
}

export function ErrorPage({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation('common')
  const router = useRouter()
  const problem = asProblem(error)
  if (problem.status === 404) return <NotFoundPage />
  if (problem.status === 410) {
    return (
      <EmptyState
        icon={Trash2}
        title={t('problem.gone.title')}
        sentence={t('problem.gone.detail')}
        action={<HomeLink />}
        className="min-h-[50dvh] justify-center"
      />
    )
  }
  return (
    <ErrorState
      error={error}
      onRetry={() => {
        reset()
        void router.invalidate()
      }}
      className="min-h-[50dvh] justify-center"
    />
  )
}
