// Where a write stands: "revision 42 live on 3 of 3 gateways", or which gateway still lags and why.

import type { Propagation } from '@gatewright/shared/model/wire'
import { CircleCheck, LoaderCircle, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { cx } from './class-names.ts'

/** One line per environment that the write touched. */
export function LiveNote({ propagation }: { propagation: Propagation }) {
  const { t } = useTranslation('common')
  return (
    <ul className="flex flex-col gap-2">
      {propagation.revisions.map(({ environment, revision }) => {
        const fleet = propagation.live?.find((entry) => entry.environment === environment)
        const about = t('live.revision', { revision, environment })
        if (!fleet) return <Line key={environment} tone="warning" title={t('live.unknown')} detail={about} />
        if (fleet.gateways === 0) {
          return (
            <Line
              key={environment}
              tone="warning"
              title={t('live.none', { environment })}
              detail={t('live.noneDetail')}
            />
          )
        }
        return (
          <Line
            key={environment}
            tone={fleet.live ? 'success' : 'warning'}
            title={t('live.live', { count: fleet.gateways, live: fleet.gateways - fleet.laggards.length })}
            detail={about}
          >
            {fleet.laggards.map((laggard) => (
              <span key={laggard.gatewayId} className="text-sm text-warning">
                {laggard.refusal === null
                  ? t('live.laggard', { gateway: laggard.gatewayId, revision: laggard.revision })
                  : t('live.refused', { gateway: laggard.gatewayId, reason: laggard.refusal })}
              </span>
            ))}
          </Line>
        )
      })}
    </ul>
  )
}

/** While the server waits for acknowledgements. */
export function LiveWaiting() {
  const { t } = useTranslation('common')
  return (
    <div
      role="status"
      className="flex items-start gap-2.5 rounded-lg border border-line bg-sunken px-3 py-2.5"
    >
      <LoaderCircle size={16} aria-hidden className="mt-0.5 shrink-0 animate-spin text-muted" />
      <span className="flex flex-col">
        <span className="font-medium">{t('live.waiting')}</span>
        <span className="text-sm text-muted">{t('live.waitingDetail')}</span>
      </span>
    </div>
  )
}

/** The same as one short sentence, for toasts. */
export function useLiveText(): (propagation: Propagation) => string | undefined {
  const { t } = useTranslation('common')
  return ({ live }) => {
    const fleet = live?.[0]
    if (!fleet || fleet.gateways === 0) return undefined
    return t('live.live', { count: fleet.gateways, live: fleet.gateways - fleet.laggards.length })
  }
}

function Line({
  tone,
  title,
  detail,
  children,
}: {
  tone: 'success' | 'warning'
  title: string
  detail: string
  children?: ReactNode
}) {
  const Icon = tone === 'success' ? CircleCheck : TriangleAlert
  return (
    <li
      className={cx(
        'flex items-start gap-2.5 rounded-lg border px-3 py-2.5',
        tone === 'success' ? 'border-success-line bg-success-soft' : 'border-warning-line bg-warning-soft',
      )}
    >
      <Icon
        size={16}
        aria-hidden
        className={cx('mt-0.5 shrink-0', tone === 'success' ? 'text-success' : 'text-warning')}
      />
      <span className="flex min-w-0 flex-col">
        <span className="font-medium">{title}</span>
        <span className="text-sm text-muted">{detail}</span>
        {children}
      </span>
    </li>
  )
}
