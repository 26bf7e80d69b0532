// In which environment something is to work; chosen beforehand is one where mistakes are cheap.

import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { chooseStage, environmentsQuery } from '../../api/environments.ts'
import { Select } from '../../ui/select.tsx'

/** `name` is undefined until environments are known. */
export function useStage() {
  const environments = useQuery(environmentsQuery())
  const [picked, setPicked] = useState<string>()
  const all = environments.data?.data ?? []
  return { all, name: chooseStage(all, picked)?.name, pick: setPicked }
}

export function StageSelect({ all, name, pick }: ReturnType<typeof useStage>) {
  const { t } = useTranslation('developer')
  return (
    <Select
      label={t('keys.environment')}
      options={all.map((one) => ({
        value: one.name,
        label: one.title,
        ...(one.production ? { detail: t('keys.production') } : {}),
      }))}
      value={name ?? null}
      onChange={pick}
    />
  )
}
