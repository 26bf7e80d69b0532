// The page around sign-in and sign-up: the form on one side, what the product is on the other.

import { Check } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { archPath, keystonePath, Wordmark } from '../../brand/mark.tsx'

export function SignInFrame({
  title,
  sentence,
  children,
  foot,
}: {
  title: string
  sentence: string
  children: ReactNode
  foot?: ReactNode
}) {
  const { t } = useTranslation('sign-in')
  useEffect(() => {
    document.title = `${title} · Gatewright`
  }, [title])
  return (
    <div className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
      <div className="flex flex-col px-6 py-6 sm:px-12">
        <a href="/" className="w-fit rounded-lg">
          <Wordmark size={26} />
        </a>
        <main id="main" className="mx-auto flex w-full max-w-sm flex-1 flex-col justify-center gap-6 py-10">
          <div className="flex flex-col gap-1">
            <h1 className="text-2xl font-semibold tracking-[-0.02em]">{title}</h1>
            <p className="text-md text-muted">{sentence}</p>
          </div>
          {children}
          {foot ? <p className="text-muted">{foot}</p> : null}
        </main>
      </div>
      <aside className="relative flex flex-col justify-end overflow-hidden border-l border-line bg-surface p-12 max-lg:hidden">
        <svg
          viewBox="0 0 32 32"
          aria-hidden="true"
          className="absolute -top-24 -right-28 size-[46rem] opacity-[0.07]"
        >
          <path className="fill-brand-arch" d={archPath} />
          <path className="fill-brand-key" d={keystonePath} />
        </svg>
        <div className="relative flex max-w-md flex-col gap-5">
          <p className="text-3xl font-semibold tracking-[-0.025em] text-balance">{t('aside.line')}</p>
          <ul className="flex flex-col gap-2.5 text-md text-muted">
            {(['publish', 'access', 'watch'] as const).map((point) => (
              <li key={point} className="flex items-start gap-2.5">
                <Check size={18} aria-hidden className="mt-0.5 shrink-0 text-accent-text" />
                {t(`aside.points.${point}`)}
              </li>
            ))}
          </ul>
        </div>
      </aside>
    </div>
  )
}
