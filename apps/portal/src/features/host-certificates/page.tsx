// Where a platform admin keeps the certificates that gateways show to callers, and sees which of them are about to end.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Plus, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { chooseStage, environmentsQuery } from '../../api/environments.ts'
import { rowsOfList } from '../../api/rows.ts'
import { fingerprintText } from '../../credentials/columns.tsx'
import { PlainFrame } from '../../shells/plain-frame.tsx'
import { Badge, StateChip, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { RemoveDialog } from '../../ui/remove-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { CertificateDialog } from './dialog.tsx'
import { certificatesQuery, type HostCertificate, useRemoveCertificate } from './queries.ts'

const route = getRouteApi('/certificates')

const tones: Record<HostCertificate['expiry'], Tone> = {
  good: 'success',
  soon: 'warning',
  urgent: 'danger',
  expired: 'danger',
}

export function HostCertificatesPage() {
  const { t } = useTranslation('platform')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const stages = useQuery(environmentsQuery()).data?.data ?? []
  // Callers come to production: that is the one that matters when none is named.
  const wanted = search.environment ?? stages.find(({ production }) => production)?.name
  const environment = chooseStage(stages, wanted)?.name ?? ''
  const query = useQuery(certificatesQuery(environment))
  const remove = useRemoveCertificate(environment)
  const [open, setOpen] = useState<HostCertificate | 'new'>()
  const [removing, setRemoving] = useState<HostCertificate>()
  const columns: Column<HostCertificate>[] = [
    {
      id: 'name',
      header: t('certificates.column.certificate'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 flex-col py-1">
          <span className="flex items-center gap-2 font-medium">
            {row.name}
            {row.isDefault ? <Badge>{t('certificates.default')}</Badge> : null}
          </span>
          <span className="text-sm break-words text-muted">{row.hosts.join(', ')}</span>
          <code className="text-sm break-all text-faint">{fingerprintText(row.fingerprint)}</code>
        </span>
      ),
    },
    {
      id: 'issuer',
      header: t('certificates.column.issuer'),
      width: '14rem',
      isWideOnly: true,
      cell: (row) => <span className="break-words text-muted">{row.issuer}</span>,
    },
    {
      id: 'state',
      header: t('certificates.column.state'),
      width: '10rem',
      card: 'aside',
      cell: (row) => <StateChip tone={tones[row.expiry]}>{t(`certificates.expiry.${row.expiry}`)}</StateChip>,
    },
    {
      id: 'expires',
      header: t('certificates.column.expires'),
      width: '9rem',
      align: 'end',
      cell: (row) => <Time at={row.notAfter} look="date" />,
    },
    {
      id: 'actions',
      header: '',
      width: '12rem',
      align: 'end',
      cell: (row) => (
        <span className="inline-flex gap-1">
          <Button
            size="sm"
            variant="quiet"
            aria-label={t('certificates.renewOf', { name: row.name })}
            onPress={() => setOpen(row)}
          >
            {t('certificates.renew')}
          </Button>
          <Button
            size="sm"
            variant="danger-quiet"
            aria-label={t('certificates.removeOf', { name: row.name })}
            onPress={() => setRemoving(row)}
          >
            {t('certificates.remove')}
          </Button>
        </span>
      ),
    },
  ]
  const create = (
    <Button variant="primary" icon={Plus} isDisabled={environment === ''} onPress={() => setOpen('new')}>
      {t('certificates.new')}
    </Button>
  )
  return (
    <PlainFrame>
      <Page>
        <PageHeader title={t('certificates.title')} sentence={t('certificates.sentence')} actions={create} />
        <Select
          className="max-w-60"
          label={t('certificates.environment')}
          options={stages.map(({ name, title }) => ({ value: name, label: title }))}
          value={environment === '' ? null : environment}
          onChange={(next) => void navigate({ search: { environment: next }, replace: true })}
        />
        <DataTable
          label={t('certificates.title')}
          columns={columns}
          source={rowsOfList(query)}
          rowId={(row) => row.id}
          empty={
            <EmptyState
              icon={ShieldCheck}
              title={t('certificates.empty')}
              sentence={t('certificates.emptySentence')}
              action={create}
            />
          }
        />
      </Page>
      {open ? (
        <CertificateDialog
          environment={environment}
          renewed={open === 'new' ? undefined : open}
          onClose={() => setOpen(undefined)}
        />
      ) : null}
      {removing ? (
        <RemoveDialog
          input={removing}
          removal={remove}
          title={t('certificates.removeTitle', { name: removing.name })}
          detail={t('certificates.removeDetail', { hosts: removing.hosts.join(', ') })}
          action={t('certificates.remove')}
          done={() => ({ title: t('certificates.removed', { name: removing.name }) })}
          onClose={() => setRemoving(undefined)}
        />
      ) : null}
    </PlainFrame>
  )
}
