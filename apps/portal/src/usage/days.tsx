// For how long nothing may have been called to be called unused.

import { useTranslation } from 'react-i18next'
import { Segmented } from '../ui/choice.tsx'

const dayChoices = ['7', '30', '90'] as const
export type Days = (typeof dayChoices)[number]

export function DaysChoice({ value, onChange }: { value: Days; onChange(value: Days): void }) {
  const { t } = useTranslation('usage')
  return (
    <Segmented
      label={t('days')}
      options={dayChoices.map((days) => ({ value: days, label: t(`dayCount.${days}`) }))}
      value={value}
      onChange={onChange}
    />
  )
}
