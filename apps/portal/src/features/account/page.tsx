// My account, the same in every face: profile, password, tokens for scripts, where I am signed in.

import { useQuery } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { rowsOfList } from '../../api/rows.ts'
import { useMe } from '../../api/session.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { PlainFrame } from '../../shells/plain-frame.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Card, Page, PageHeader, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { ThemeSwitch } from '../../ui/theme-switch.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { readAgent } from './agent.ts'
import {
  type Session,
  sessionsQuery,
  tokensQuery,
  useChangePassword,
  useEndOtherSessions,
  useEndSession,
  useRename,
  useSendVerification,
} from './queries.ts'
import { SecondFactors } from './second-factors.tsx'
import { Tokens } from './tokens.tsx'

export function AccountPage() {
  const { t } = useTranslation('account')
  const router = useRouter()
  const me = useMe()
  if (!me) return null
  return (
    <PlainFrame>
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
        {me.needsSecondFactor ? (
          <Notice title={t('needsFactorTitle')} detail={t('needsFactorDetail')} />
        ) : null}
        {me.user.emailVerified ? null : <Unverified email={me.user.email} />}
        <Profile name={me.user.name} />
        {me.user.hasPassword ? <Password /> : <NoPassword />}
        <SecondFactors />
        <Tokens />
        <Sessions />
      </Page>
    </PlainFrame>
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

function Notice({ title, detail, action }: { title: string; detail: string; action?: ReactNode }) {
  return (
    <div className="flex items-start gap-3 rounded-lg border border-warning-line bg-warning-soft px-4 py-3 max-sm:flex-col">
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="font-medium break-words text-warning">{title}</span>
        <span className="text-sm text-ink">{detail}</span>
      </span>
      {action}
    </div>
  )
}

function Unverified({ email }: { email: string }) {
  const { t } = useTranslation('account')
  const send = useSendVerification()
  return (
    <>
      <Notice
        title={t('unverifiedTitle', { email })}
        detail={t('unverifiedDetail')}
        action={
          <Button
            size="sm"
            isPending={send.isPending}
            onPress={() => send.mutate(undefined, { onSuccess: () => toast({ title: t('linkSent') }) })}
          >
            {t('sendLink')}
          </Button>
        }
      />
      <ProblemNote problem={send.error} />
    </>
  )
}

function NoPassword() {
  const { t } = useTranslation('account')
  return (
    <Section title={t('password')}>
      <Card>
        <p className="text-muted">{t('passwordByMail')}</p>
      </Card>
    </Section>
  )
}

function Password() {
  const { t } = useTranslation('account')
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [endTokens, setEndTokens] = useState(false)
  const tokenCount = useQuery(tokensQuery()).data?.data.length ?? 0
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
              { current, next, endTokens },
              {
                onSuccess: () => {
                  setCurrent('')
                  setNext('')
                  setEndTokens(false)
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
          {tokenCount > 0 ? (
            <Checkbox isSelected={endTokens} onChange={setEndTokens} help={t('endTokensHelp')}>
              {t('endTokens', { count: tokenCount })}
            </Checkbox>
          ) : null}
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

function Sessions() {
  const { t } = useTranslation('account')
  const query = useQuery(sessionsQuery())
  const end = useEndSession()
  const endOthers = useEndOtherSessions()
  const agentText = (text: string) => {
    const { browser, system } = readAgent(text) ?? {}
    if (!browser) return text || t('unknownAgent')
    return system ? t('agentOn', { browser, system }) : browser
  }
  const columns: ReadonlyArray<Column<Session>> = [
    {
      id: 'agent',
      header: t('session'),
      card: 'title',
      cell: (row) => (
        <span className="flex flex-col py-1">
          <span className="flex items-center gap-2 font-medium">
            <span className="line-clamp-1 break-all" title={row.agent}>
              {agentText(row.agent)}
            </span>
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
    <Section
      title={t('sessions')}
      sentence={t('sessionsSentence')}
      actions={
        (query.data?.data.length ?? 0) > 1 ? (
          <Button
            isPending={endOthers.isPending}
            onPress={() =>
              endOthers.mutate(undefined, {
                onSuccess: ({ ended }) => toast({ title: t('othersEnded', { count: ended }) }),
              })
            }
          >
            {t('endOthers')}
          </Button>
        ) : null
      }
    >
      <DataTable
        label={t('sessions')}
        columns={columns}
        source={rowsOfList(query)}
        rowId={(row) => row.id}
        empty={null}
      />
      <ProblemNote problem={end.error ?? endOthers.error} />
    </Section>
  )
}
