// Access tokens: what a script or a pipeline acts with; what each may do is chosen when it is made.

import type { TokenScope } from '@gatewright/shared/model/user'
import { useQuery } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOfList } from '../../api/rows.ts'
import { useMe } from '../../api/session.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Button } from '../../ui/button.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { SecretReveal } from '../../ui/copy.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import { type Token, tokensQuery, useCreateToken, useRevokeToken } from './queries.ts'

export function Tokens() {
  const { t } = useTranslation('account')
  const query = useQuery(tokensQuery())
  const revoke = useRevokeToken()
  const [isCreating, setCreating] = useState(false)
  const [ending, setEnding] = useState<Token>()
  const columns: ReadonlyArray<Column<Token>> = [
    {
      id: 'name',
      header: t('token'),
      card: 'title',
      cell: (row) => (
        <span className="flex flex-col py-1">
          <span className="font-medium">{row.name}</span>
          <span className="text-sm text-muted">
            <code>{row.prefix}…</code> · {t(`scopes.${row.scope}`)} · {row.tenant?.title ?? t('allTenants')}
          </span>
        </span>
      ),
    },
    {
      id: 'used',
      header: t('lastUsed'),
      align: 'end',
      cell: (row) => (row.lastUsedAt ? <Time at={row.lastUsedAt} /> : t('never')),
    },
    {
      id: 'expires',
      header: t('expires'),
      align: 'end',
      cell: (row) => (row.expiresAt ? <Time at={row.expiresAt} /> : t('never')),
    },
    {
      id: 'actions',
      header: '',
      align: 'end',
      width: '6rem',
      cell: (row) => (
        <Button size="sm" variant="danger-quiet" onPress={() => setEnding(row)}>
          {t('revoke')}
        </Button>
      ),
    },
  ]
  const create = (
    <Button icon={Plus} onPress={() => setCreating(true)}>
      {t('newToken')}
    </Button>
  )
  return (
    <Section
      title={t('tokens')}
      sentence={t('tokensSentence')}
      actions={query.data?.data.length ? create : null}
    >
      <DataTable
        label={t('tokens')}
        columns={columns}
        source={rowsOfList(query)}
        rowId={(row) => row.id}
        empty={
          <EmptyState
            icon={KeyRound}
            title={t('noTokens')}
            sentence={t('noTokensDetail')}
            action={create}
            className="py-8!"
          />
        }
      />
      {isCreating ? <TokenDialog onClose={() => setCreating(false)} /> : null}
      <AlertDialog
        isOpen={ending !== undefined}
        onClose={() => setEnding(undefined)}
        title={t('revokeTokenTitle', { name: ending?.name ?? '' })}
        action={t('revokeToken')}
        isPending={revoke.isPending}
        problem={revoke.error}
        onConfirm={() => {
          if (ending) revoke.mutate(ending.id, { onSuccess: () => setEnding(undefined) })
        }}
      >
        {t('revokeTokenDetail')}
      </AlertDialog>
    </Section>
  )
}

const lives = { month: 30, quarter: 90, year: 365, never: null } as const
type Life = keyof typeof lives

// A tenant's name is never empty.
const allTenants = ''

function TokenDialog({ onClose }: { onClose(): void }) {
  const { t } = useTranslation('account')
  const memberships = useMe()?.memberships ?? []
  const [name, setName] = useState('')
  const [life, setLife] = useState<Life>('quarter')
  const [scope, setScope] = useState<TokenScope>('read')
  const [tenant, setTenant] = useState(allTenants)
  const [isCopied, setCopied] = useState(false)
  const create = useCreateToken()
  const made = create.data
  const days = lives[life]
  return (
    <Dialog
      isOpen
      isLocked={made !== undefined && !isCopied}
      onClose={onClose}
      title={made ? t('tokenReady') : t('newToken')}
      sentence={made ? undefined : t('newTokenSentence')}
      footer={
        made ? (
          <Button variant="primary" isDisabled={!isCopied} onPress={onClose}>
            {t('done')}
          </Button>
        ) : (
          <>
            <Button onPress={onClose}>{t('cancel')}</Button>
            <Button
              variant="primary"
              isPending={create.isPending}
              isDisabled={name.trim() === ''}
              onPress={() =>
                create.mutate({
                  name: name.trim(),
                  scope,
                  tenant: tenant === allTenants ? null : tenant,
                  expiresAt: days === null ? null : new Date(Date.now() + days * 86_400_000).toISOString(),
                })
              }
            >
              {t('createToken')}
            </Button>
          </>
        )
      }
    >
      {made ? (
        <SecretReveal secret={made.token} label={t('token')} onCopied={() => setCopied(true)} />
      ) : (
        <div className="flex flex-col gap-4">
          <TextField
            label={t('tokenName')}
            help={t('tokenNameHelp')}
            value={name}
            onChange={setName}
            autoFocus
            isRequired
          />
          <RadioGroup
            label={t('scope')}
            value={scope}
            onChange={setScope}
            options={(['read', 'everything', 'blocklist'] as const).map((value) => ({
              value,
              label: t(`scopes.${value}`),
              detail: t(`scopeHelp.${value}`),
            }))}
          />
          {memberships.length > 0 ? (
            <Select
              label={t('tokenTenant')}
              options={[
                { value: allTenants, label: t('allTenants') },
                ...memberships.map(({ tenant: { name: value, title: label } }) => ({ value, label })),
              ]}
              value={tenant}
              onChange={setTenant}
            />
          ) : null}
          <Select
            label={t('expires')}
            options={(Object.keys(lives) as Life[]).map((value) => ({ value, label: t(`lives.${value}`) }))}
            value={life}
            onChange={setLife}
          />
          <ProblemNote problem={create.error} />
        </div>
      )}
    </Dialog>
  )
}
