// The frame of every page: breadcrumb, title, one sentence, primary action, content; and its sections and cards.

import { ChevronRight } from 'lucide-react'
import { Fragment, type ReactNode, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { cx } from './class-names.ts'

export interface PageHeaderProps {
  /** Links to the places above, outermost first; the title is the last step. */
  crumbs?: readonly ReactNode[]
  title: string
  /** Beside the title: state chip, version. */
  mark?: ReactNode
  sentence?: ReactNode
  /** One primary action, with quieter ones before it. */
  actions?: ReactNode
}

export function PageHeader({ crumbs = [], title, mark, sentence, actions }: PageHeaderProps) {
  const { t } = useTranslation('common')
  useEffect(() => {
    document.title = `${title} · Gatewright`
  }, [title])
  return (
    <header className="flex flex-col gap-1.5">
      {crumbs.length > 0 ? (
        <nav aria-label={t('breadcrumb')}>
          <ol className="flex flex-wrap items-center gap-1 text-sm text-muted [&_a]:font-normal [&_a]:text-muted [&_a:hover]:text-ink">
            {crumbs.map((crumb, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the trail is ordered and never re-sorted
              <Fragment key={index}>
                {index > 0 ? <ChevronRight size={12} aria-hidden className="text-faint" /> : null}
                <li>{crumb}</li>
              </Fragment>
            ))}
          </ol>
        </nav>
      ) : null}
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="flex min-w-0 flex-col gap-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 className="min-w-0 text-xl font-semibold tracking-[-0.014em] break-words">{title}</h1>
            {mark}
          </div>
          {sentence ? <p className="max-w-[72ch] text-pretty text-muted">{sentence}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
    </header>
  )
}

/** `wide` for tables and charts, `text` for forms and reading. */
export function Page({ children, width = 'wide' }: { children: ReactNode; width?: 'wide' | 'text' }) {
  return (
    <div
      className={cx(
        'mx-auto flex w-full flex-col gap-6 px-4 py-6 sm:px-8 sm:py-8',
        width === 'wide' ? 'max-w-(--page-width,1360px)' : 'max-w-3xl',
      )}
    >
      {children}
    </div>
  )
}

export function Section({
  title,
  sentence,
  actions,
  children,
  className,
}: {
  title: ReactNode
  sentence?: ReactNode
  actions?: ReactNode
  children: ReactNode
  className?: string
}) {
  return (
    <section className={cx('flex min-w-0 flex-col gap-3', className)}>
      <div className="flex flex-wrap items-end justify-between gap-3">
        <div className="flex flex-col">
          <h2 className="text-md font-semibold">{title}</h2>
          {sentence ? <p className="text-muted">{sentence}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
      {children}
    </section>
  )
}

export function Card({
  children,
  className,
  pad = true,
}: {
  children: ReactNode
  className?: string
  pad?: boolean
}) {
  return (
    <div className={cx('min-w-0 rounded-lg border border-line bg-surface', pad && 'p-4', className)}>
      {children}
    </div>
  )
}
