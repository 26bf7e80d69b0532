// Keys of an application: issue, rotate with overlap, revoke; a key is seen once.

import { useQuery } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOfList } from '../../api/rows.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge, StateChip, type Tone } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { IssueKeyDialog, RotateKeyDialog } from './key-dialogs.tsx'
import { type Credential, credentialsQuery, useRevokeKey } from './queries.ts'

const tones: Record<Credential['state'], Tone> = { active: 'success', revoked: 'danger', expired: 'neutral' }

export function Keys({ tenant, application }: { tenant: string; application: string }) {
  const { t } = useTranslation('developer')
  const query = useQuery(credentialsQuery(tenant, application))
  const revoke = useRevokeKey(tenant, application)
  const [open, setOpen] = useState<{ what: 'issue' } | { what: 'rotate' | 'revoke'; key: Credential }>()
  const close = () => {
    revoke.reset()
    setOpen(undefined)
  }
  const columns: ReadonlyArray<Column<Credential>> = [
    {
      id: 'key',
      header: t('keys.key'),
      card: 'title',
      cell: (row) => (
        <span className="flex flex-col py-1">
          <span className="font-medium">{row.name}</span>
          <code className="text-sm text-muted">
            {row.prefix}…{row.last4}
          </code>
        </span>
      ),
    },
    {
      id: 'environment',
      header: t('keys.environment'),
      width: '9rem',
      cell: (row) => <Badge>{row.environment}</Badge>,
    },
    {
      id: 'state',
      header: t('keys.state'),
      width: '12rem',
      card: 'aside',
      cell: (row) =>
        row.state === 'active' && row.rotatedTo ? (
          <StateChip tone="warning">{t('keys.replaced')}</StateChip>
        ) : (
          <StateChip tone={tones[row.state]}>{t(`keys.states.${row.state}`)}</StateChip>
        ),
    },
    {
      id: 'expires',
      header: t('keys.expires'),
      width: '9rem',
      align: 'end',
      cell: (row) =>
        row.expiresAt ? <Time at={row.expiresAt} /> : <span className="text-faint">{t('keys.never')}</span>,
    },
    {
      id: 'used',
      header: t('keys.lastUsed'),
      width: '9rem',
      align: 'end',
      cell: (row) =>
        row.lastUsedAt ? (
          <Time at={row.lastUsedAt} />
        ) : (
          <span className="text-faint">{t('keys.notUsed')}</span>
        ),
    },
    {
      id: 'actions',
      header: '',
      width: '12rem',
      align: 'end',
      cell: (row) =>
        row.state === 'active' ? (
          <span className="inline-flex gap-1">
            {row.rotatedTo ? null : (
              <Button size="sm" variant="quiet" onPress={() => setOpen({ what: 'rotate', key: row })}>
                {t('keys.rotate')}
              </Button>
            )}
            <Button size="sm" variant="danger-quiet" onPress={() => setOpen({ what: 'revoke', key: row })}>
              {t('keys.revoke')}
            </Button>
          </span>
        ) : null,
    },
  ]
  const issue = (
    <Button variant="primary" icon={Plus} onPress={() => setOpen({ what: 'issue' })}>
      {t('keys.new')}
    </Button>
  )
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-muted">{t('keys.sentence')}</p>
        {query.data && query.data.data.length > 0 ? issue : null}
      </div>
      <DataTable
        label={t('applications.keys')}
        columns={columns}
        source={rowsOfList(query)}
        rowId={(row) => row.id}
        isDimmed={(row) => row.state !== 'active'}
        empty={
          <EmptyState
            icon={KeyRound}
            title={t('keys.empty')}
            sentence={t('keys.emptyDetail')}
            action={issue}
          />
        }
      />
      {open?.what === 'issue' ? (
        <IssueKeyDialog tenant={tenant} application={application} onClose={close} />
      ) : null}
      {open?.what === 'rotate' ? (
        <RotateKeyDialog tenant={tenant} application={application} credential={open.key} onClose={close} />
      ) : null}
      <AlertDialog
        isOpen={open?.what === 'revoke'}
        onClose={close}
        title={t('keys.revokeTitle', { key: open && 'key' in open ? open.key.name : '' })}
        action={t('keys.revokeAction')}
        isPending={revoke.isPending}
        problem={revoke.error}
        onConfirm={() => {
          if (!open || !('key' in open)) return
          revoke.mutate(open.key.id, {
            onSuccess: (answer) => {
              const isLive = answer.live?.every((place) => place.live) ?? false
              toast({
                title: t('keys.revoked'),
                detail: isLive ? t('keys.revokedLive') : t('keys.revokedSoon'),
              })
              close()
            },
          })
        }}
      >
        {t('keys.revokeDetail')}
      </AlertDialog>
    </div>
  )
}
