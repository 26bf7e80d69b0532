// OAuth clients of an application: with them, access tokens of an identity provider are taken where keys would be.

import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOfList } from '../../api/rows.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge, StateChip } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Section } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { BuiltInClientDialog, RenewSecretDialog } from './built-in-client-dialog.tsx'
import { OauthClientDialog } from './oauth-client-dialog.tsx'
import { type OauthClient, oauthClientsQuery, ownServerQuery, useRemoveOauthClient } from './queries.ts'

export function OauthClients({ tenant, application }: { tenant: string; application: string }) {
  const { t } = useTranslation('developer')
  const query = useQuery(oauthClientsQuery(tenant, application))
  const remove = useRemoveOauthClient(tenant, application)
  const ownServer = useQuery(ownServerQuery(tenant)).data
  const [adding, setAdding] = useState<'built-in' | 'other'>()
  const [renewing, setRenewing] = useState<OauthClient>()
  const [leaving, setLeaving] = useState<OauthClient>()
  const close = () => {
    remove.reset()
    setLeaving(undefined)
  }
  const columns: ReadonlyArray<Column<OauthClient>> = [
    {
      id: 'client',
      header: t('oauthClients.client'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 flex-col py-1">
          <span className="font-medium">{row.name}</span>
          <code className="text-sm break-all text-muted">{row.clientId}</code>
          {row.builtIn ? (
            <span className="flex flex-wrap gap-1 pt-1">
              <Badge>{t('oauthClients.builtIn')}</Badge>
              {row.builtIn.isPublic ? <Badge>{t('oauthClients.public')}</Badge> : null}
            </span>
          ) : (
            <code className="text-sm break-all text-faint">{row.issuer}</code>
          )}
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
      cell: (row) => (
        <StateChip tone={row.state === 'active' ? 'success' : 'neutral'}>
          {t(`keys.states.${row.state}`)}
        </StateChip>
      ),
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
      width: '14rem',
      align: 'end',
      cell: (row) => (
        <span className="flex flex-wrap justify-end gap-1">
          {row.builtIn && !row.builtIn.isPublic ? (
            <Button size="sm" variant="quiet" onPress={() => setRenewing(row)}>
              {t('oauthClients.renew')}
            </Button>
          ) : null}
          <Button size="sm" variant="danger-quiet" onPress={() => setLeaving(row)}>
            {t('oauthClients.remove')}
          </Button>
        </span>
      ),
    },
  ]
  const isEmpty = query.data?.data.length === 0
  return (
    <Section
      title={t('oauthClients.title')}
      sentence={<span className="block max-w-[72ch]">{t('oauthClients.sentence')}</span>}
      actions={
        <>
          <Button icon={Plus} onPress={() => setAdding('other')}>
            {t('oauthClients.register')}
          </Button>
          {ownServer?.enabled ? (
            <Button icon={Plus} variant="primary" onPress={() => setAdding('built-in')}>
              {t('oauthClients.create')}
            </Button>
          ) : null}
        </>
      }
    >
      {isEmpty ? null : (
        <DataTable
          label={t('oauthClients.title')}
          columns={columns}
          source={rowsOfList(query)}
          rowId={(row) => row.id}
          isDimmed={(row) => row.state !== 'active'}
          empty={null}
        />
      )}
      {adding === 'other' ? (
        <OauthClientDialog tenant={tenant} application={application} onClose={() => setAdding(undefined)} />
      ) : null}
      {adding === 'built-in' ? (
        <BuiltInClientDialog tenant={tenant} application={application} onClose={() => setAdding(undefined)} />
      ) : null}
      {renewing ? (
        <RenewSecretDialog
          tenant={tenant}
          application={application}
          row={renewing}
          onClose={() => setRenewing(undefined)}
        />
      ) : null}
      <AlertDialog
        isOpen={leaving !== undefined}
        onClose={close}
        title={t('oauthClients.removeTitle', { client: leaving?.clientId ?? '' })}
        action={t('oauthClients.removeAction')}
        isPending={remove.isPending}
        problem={remove.error}
        onConfirm={() => {
          if (!leaving) return
          remove.mutate(leaving.id, {
            onSuccess: (answer) => {
              const isLive = answer.live?.every((place) => place.live) ?? false
              toast({
                title: t('oauthClients.removed'),
                detail: isLive ? t('keys.revokedLive') : t('keys.revokedSoon'),
              })
              close()
            },
          })
        }}
      >
        {t('oauthClients.removeDetail')}
      </AlertDialog>
    </Section>
  )
}
