// Columns of what an application proves itself with besides keys, as its developers and the owners of APIs see them.

import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { client } from '../api/client.ts'
import { Badge, StateChip } from '../ui/badge.tsx'
import type { Column } from '../ui/data-table.tsx'
import { Time } from '../ui/time.tsx'

export type OauthClient = Awaited<ReturnType<typeof client.oauthClients.list>>['data'][number]
export type ClientCertificate = Awaited<ReturnType<typeof client.clientCertificates.list>>['data'][number]
export type SigningKey = Awaited<ReturnType<typeof client.signingKeys.list>>['data'][number]

interface Credential {
  readonly environment: string
  readonly state: 'active' | 'expired'
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

/** The columns that all of them have, behind the one that says which it is. */
function useCommonColumns<T extends Credential>(): Column<T>[] {
  const { t } = useTranslation('credentials')
  return [
    {
      id: 'environment',
      header: t('column.environment'),
      width: '9rem',
      cell: (row) => <Badge>{row.environment}</Badge>,
    },
    {
      id: 'state',
      header: t('column.state'),
      width: '9rem',
      card: 'aside',
      cell: (row) => (
        <StateChip tone={row.state === 'active' ? 'success' : 'neutral'}>{t(`state.${row.state}`)}</StateChip>
      ),
    },
    {
      id: 'expires',
      header: t('column.expires'),
      width: '9rem',
      align: 'end',
      cell: (row) =>
        row.expiresAt ? (
          <Time at={row.expiresAt} look="date" />
        ) : (
          <span className="text-faint">{t('never')}</span>
        ),
    },
    {
      id: 'used',
      header: t('column.used'),
      width: '9rem',
      align: 'end',
      cell: (row) =>
        row.lastUsedAt ? <Time at={row.lastUsedAt} /> : <span className="text-faint">{t('notUsed')}</span>,
    },
  ]
}

function Named({ name, children }: { name: string; children: ReactNode }) {
  return (
    <span className="flex min-w-0 flex-col py-1">
      <span className="font-medium">{name}</span>
      {children}
    </span>
  )
}

export function useOauthClientColumns(): Column<OauthClient>[] {
  const { t } = useTranslation('credentials')
  return [
    {
      id: 'client',
      header: t('column.client'),
      card: 'title',
      cell: (row) => (
        <Named name={row.name}>
          <code className="text-sm break-all text-muted">{row.clientId}</code>
          {row.builtIn ? (
            <span className="flex flex-wrap gap-1 pt-1">
              <Badge>{t('oauthClients.builtIn')}</Badge>
              {row.builtIn.isPublic ? <Badge>{t('oauthClients.public')}</Badge> : null}
            </span>
          ) : (
            <code className="text-sm break-all text-faint">{row.issuer}</code>
          )}
        </Named>
      ),
    },
    ...useCommonColumns<OauthClient>(),
  ]
}

export function useClientCertificateColumns(): Column<ClientCertificate>[] {
  const { t } = useTranslation('credentials')
  return [
    {
      id: 'certificate',
      header: t('column.certificate'),
      card: 'title',
      cell: (row) => (
        <Named name={row.name}>
          <span className="text-sm text-faint">{t(`clientCertificates.by.${row.by}`)}</span>
          <code className="text-sm break-all text-muted">
            {row.by === 'fingerprint' ? fingerprintText(row.value) : row.value}
          </code>
        </Named>
      ),
    },
    // Only its mark is kept, not the certificate: nothing here knows when that ends.
    ...useCommonColumns<ClientCertificate>().filter(({ id }) => id !== 'expires'),
  ]
}

export function useSigningKeyColumns(): Column<SigningKey>[] {
  const { t } = useTranslation('credentials')
  return [
    {
      id: 'signing-key',
      header: t('column.signingKey'),
      card: 'title',
      cell: (row) => (
        <Named name={row.name}>
          <code className="text-sm break-all text-muted">{row.keyId}</code>
          <span className="text-sm text-faint">{t(`signingKeys.algorithm.${row.algorithm}`)}</span>
        </Named>
      ),
    },
    ...useCommonColumns<SigningKey>(),
  ]
}

/** As openssl and browsers print it, so that it can be compared by eye: pairs in capitals. */
export const fingerprintText = (hex: string) => hex.toUpperCase().match(/../g)?.join(':') ?? hex
