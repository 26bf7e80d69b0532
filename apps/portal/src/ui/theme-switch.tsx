// Chooses system, light or dark. Native buttons: it sits in the account menu, which every page loads.

import { Monitor, Moon, Sun } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { cx } from './class-names.ts'
import { setTheme, useThemeChoice } from './theme.ts'

const choices = [
  { value: 'system', icon: Monitor },
  { value: 'light', icon: Sun },
  { value: 'dark', icon: Moon },
] as const

export function ThemeSwitch({ className }: { className?: string }) {
  const { t } = useTranslation('common')
  const current = useThemeChoice()
  return (
    <fieldset className={cx('inline-flex w-fit rounded-lg border border-line bg-sunken p-0.5', className)}>
      <legend className="sr-only">{t('theme.label')}</legend>
      {choices.map(({ value, icon: Icon }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === current}
          aria-label={t(`theme.${value}`)}
          title={t(`theme.${value}`)}
          onClick={() => setTheme(value)}
          className={cx(
            'grid h-6 w-8 place-items-center rounded-md',
            value === current
              ? 'bg-surface text-ink shadow-[0_0_0_1px_var(--line)]'
              : 'text-muted hover:text-ink',
          )}
        >
          <Icon size={14} aria-hidden />
        </button>
      ))}
    </fieldset>
  )
}
