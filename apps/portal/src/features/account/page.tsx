// My account, the same in every face: profile, password, where I am signed in, tokens for scripts.

import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { ArrowLeft, KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOfList } from '../../api/rows.ts'
import { useMe } from '../../api/session.ts'
import { Wordmark } from '../../brand/mark.tsx'
import { errorsByPath } from '../../forms/field-problems.ts'
import { SkipLink } from '../../shells/announcer.tsx'
import { ProfileMenu } from '../../shells/profile-menu.tsx'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { SecretReveal } from '../../ui/copy.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { ThemeSwitch } from '../../ui/theme-switch.tsx'
import { Time } from '../../ui/time.tsx'
import { Toasts, toast } from '../../ui/toast.tsx'
import {
  type Session,
  sessionsQuery,
  type Token,
  tokensQuery,
  useChangePassword,
  useCreateToken,
  useEndSession,
  useRename,
  useRevokeToken,
} from './queries.ts'

export function AccountPage() {
  const { t } = useTranslation('account')
  const router = useRouter()
  const me = useMe()
  if (!me) return null
  return (
    <div className="min-h-dvh">
      <SkipLink />
      <header className="flex h-12 items-center justify-between border-b border-line px-4">
        <a href="/" className="rounded-lg">
          <Wordmark size={22} />
        </a>
        <ProfileMenu />
      </header>
      <main id="main" tabIndex={-1}>
        <Page width="text">
          <Button
            variant="quiet"
            size="sm"
            icon={ArrowLeft}
            className="-mb-4 -ml-2.5 self-start"
            onPress={() => router.history.back()}
          >
            {t('back')}
          </Button>
          <PageHeader title={t('title')} sentence={me.user.email} />
          <Profile name={me.user.name} />
          <Password />
          <Tokens />
          <Sessions />
        </Page>
      </main>
      <Toasts />
    </div>
  )
}

function Profile({ name: saved }: { name: string }) {
  const { t } = useTranslation('account')
  const [name, setName] = useState(saved)
  const rename = useRename()
  return (
    <Section title={t('profile')}>
      <Card className="flex flex-col gap-4">
        <div className="flex items-end gap-2">
          <TextField
            label={t('name')}
            value={name}
            onChange={setName}
            autoComplete="name"
            className="flex-1"
          />
          <Button
            isDisabled={name.trim() === '' || name === saved}
            isPending={rename.isPending}
            onPress={() => rename.mutate(name.trim(), { onSuccess: () => toast({ title: t('nameSaved') }) })}
          >
            {t('save')}
          </Button>
        </div>
        <ProblemNote problem={rename.error} />
        <div className="flex items-center justify-between gap-4">
          <span>{t('theme')}</span>
          <ThemeSwitch />
        </div>
      </Card>
    </Section>
  )
}

function Password() {
  const { t } = useTranslation('account')
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useChangePassword()
  const errors = errorsByPath(change.error)
  return (
    <Section title={t('password')} sentence={t('passwordSentence')}>
      <Card>
        <form
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            change.mutate(
              { current, next },
              {
                onSuccess: () => {
                  setCurrent('')
                  setNext('')
                  toast({ title: t('passwordChanged') })
                },
              },
            )
          }}
        >
          <TextField
            label={t('currentPassword')}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            error={errors.get('/current')}
          />
          <TextField
            label={t('newPassword')}
            help={t('newPasswordHelp')}
            type="password"
            autoComplete="new-password"
            value={next}
            onChange={setNext}
            error={errors.get('/next')}
          />
          <ProblemNote problem={change.error} />
          <Button
            type="submit"
            className="self-start"
            isPending={change.isPending}
            isDisabled={current === '' || next === ''}
          >
            {t('changePassword')}
          </Button>
        </form>
      </Card>
    </Section>
  )
}

function Tokens() {
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
          <code className="text-sm text-muted">{row.prefix}…</code>
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

function TokenDialog({ onClose }: { onClose(): void }) {
  const { t } = useTranslation('account')
  const [name, setName] = useState('')
  const [life, setLife] = useState<Life>('quarter')
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

function Sessions() {
  const { t } = useTranslation('account')
  const query = useQuery(sessionsQuery())
  const end = useEndSession()
  const columns: ReadonlyArray<Column<Session>> = [
    {
      id: 'agent',
      header: t('session'),
      card: 'title',
      cell: (row) => (
        <span className="flex flex-col py-1">
          <span className="flex items-center gap-2 font-medium">
            <span className="line-clamp-1 break-all">{row.agent || t('unknownAgent')}</span>
            {row.current ? <Badge tone="accent">{t('thisSession')}</Badge> : null}
          </span>
          <span className="text-sm text-muted">{row.address}</span>
        </span>
      ),
    },
    {
      id: 'seen',
      header: t('lastSeen'),
      align: 'end',
      width: '9rem',
      cell: (row) => <Time at={row.lastSeenAt} />,
    },
    {
      id: 'actions',
      header: '',
      align: 'end',
      width: '6rem',
      cell: (row) =>
        row.current ? null : (
          <Button size="sm" variant="danger-quiet" onPress={() => end.mutate(row.id)}>
            {t('endSession')}
          </Button>
        ),
    },
  ]
  return (
    <Section title={t('sessions')} sentence={t('sessionsSentence')}>
      <DataTable
        label={t('sessions')}
        columns={columns}
        source={rowsOfList(query)}
        rowId={(row) => row.id}
        empty={null}
      />
      <ProblemNote problem={end.error} />
    </Section>
  )
}
