// The one state chip of a subscription.

import type { SubscriptionState } from '@gatewright/shared/model/access'
import { useTranslation } from 'react-i18next'
import { StateChip, type Tone } from './badge.tsx'

export const subscriptionTones: Record<SubscriptionState, Tone> = {
  pending: 'info',
  active: 'success',
  rejected: 'danger',
  suspended: 'warning',
  cancelled: 'neutral',
}

export function SubscriptionChip({ state }: { state: SubscriptionState }) {
  const { t } = useTranslation('admin')
  return <StateChip tone={subscriptionTones[state]}>{t(`subscriptionState.${state}`)}</StateChip>
}
