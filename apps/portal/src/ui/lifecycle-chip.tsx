// The one state chip of an API version: draft, published, deprecated or retired.

import type { Lifecycle } from '@gatewright/shared/model/api'
import { useTranslation } from 'react-i18next'
import { StateChip, type Tone } from './badge.tsx'

const tones: Record<Lifecycle, Tone> = {
  draft: 'neutral',
  published: 'success',
  deprecated: 'warning',
  retired: 'danger',
}

export function LifecycleChip({ lifecycle }: { lifecycle: Lifecycle }) {
  const { t } = useTranslation('admin')
  return <StateChip tone={tones[lifecycle]}>{t(`lifecycle.${lifecycle}`)}</StateChip>
}
