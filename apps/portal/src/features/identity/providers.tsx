// The ways to sign in besides a password: plain links, for the provider's page is another site.

import { useQuery } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { Problem } from '../../api/problem.ts'
import { plainButtonClass } from '../../ui/button-class.ts'
import { safeReturn } from './return-path.ts'

export function Providers({ returnTo }: { returnTo: string | undefined }) {
  const { t } = useTranslation('sign-in')
  const offered = useQuery(orpc.identityProviders.offered.queryOptions({ input: {} })).data?.data ?? []
  if (offered.length === 0) return null
  const path = safeReturn(returnTo)
  const query = path === undefined ? '' : `?return=${encodeURIComponent(path)}`
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-center gap-3 text-sm text-faint">
        <span className="h-px flex-1 bg-line" />
        {t('providers.or')}
        <span className="h-px flex-1 bg-line" />
      </div>
      <ul className="flex flex-col gap-2">
        {offered.map(({ name, title }) => (
          <li key={name}>
            <a
              href={`/api/v1/sign-in/providers/${name}/start${query}`}
              className={plainButtonClass('secondary', 'lg', 'w-full')}
            >
              <KeyRound size={16} aria-hidden className="shrink-0 text-muted" />
              <span className="truncate">{t('providers.continue', { title })}</span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

const told = [
  'sign_in_unfinished',
  'sign_in_denied',
  'email_unverified',
  'provider_untrusted',
  'invitation_required',
  'sign_in_throttled',
] as const

/** Why a sign-in at a provider brought nobody in, from the address it came back to. */
export function useProviderProblem(code: string | undefined, requestId: string | undefined): Problem | null {
  const { t } = useTranslation('sign-in')
  if (code === undefined) return null
  const known = told.find((one) => one === code) ?? 'provider_failed'
  return new Problem({
    status: 0,
    code: known,
    title: t(`problems.${known}.title`),
    detail: t(`problems.${known}.detail`),
    requestId: requestId !== undefined && /^[\w.-]{8,64}$/.test(requestId) ? requestId : undefined,
  })
}
