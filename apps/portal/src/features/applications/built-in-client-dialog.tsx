// Dialogs that end with the id and the secret of an OAuth client of the tenant's own authorisation server: create, and another secret.

import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import { chooseStage, environmentsQuery } from '../../api/environments.ts'
import type { OauthClient } from '../../credentials/columns.tsx'
import { errorsByPath } from '../../forms/field-problems.ts'
import { Button } from '../../ui/button.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { CopyField, SecretReveal } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TagField } from '../../ui/tag-field.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { useCreateOauthClient, useRenewClientSecret } from './queries.ts'

interface Place {
  tenant: string
  application: string
  onClose(): void
}

/** What a client is for decides what it needs. */
const uses = ['machine', 'people', 'browser'] as const
type Use = (typeof uses)[number]

export function BuiltInClientDialog({ tenant, application, onClose }: Place) {
  const { t } = useTranslation('developer')
  const environments = useQuery(environmentsQuery())
  const create = useCreateOauthClient(tenant, application)
  const { keyOf } = useAttempts()
  const [name, setName] = useState(t('oauthClients.defaultName'))
  const [use, setUse] = useState<Use>('machine')
  const [typed, setRedirectUris] = useState<string[]>([])
  const [picked, setPicked] = useState<string>()
  const all = environments.data?.data ?? []
  const environment = chooseStage(all, picked)?.name
  const redirectUris = use === 'machine' ? [] : typed
  const isWhole = name.trim() !== '' && (use === 'machine' || redirectUris.length > 0)
  const errors = errorsByPath(create.error)
  const wrongUri = [...errors].find(([path]) => path.startsWith('/redirectUris'))?.[1]
  return (
    <ClientDialog
      made={create.data}
      onClose={onClose}
      title={t('oauthClients.create')}
      sentence={t('oauthClients.createSentence')}
      footer={
        <Button
          variant="primary"
          isPending={create.isPending}
          isDisabled={!environment || !isWhole}
          onPress={() => {
            if (!environment) return
            const wish = { environment, name: name.trim(), isPublic: use === 'browser', redirectUris }
            create.mutate({ ...wish, attempt: keyOf(wish) })
          }}
        >
          {t('oauthClients.create')}
        </Button>
      }
    >
      <RadioGroup
        label={t('oauthClients.use')}
        value={use}
        onChange={setUse}
        options={uses.map((value) => ({
          value,
          label: t(`oauthClients.uses.${value}`),
          detail: t(`oauthClients.useHelp.${value}`),
        }))}
      />
      {use === 'machine' ? null : (
        <TagField
          label={t('oauthClients.redirectUris')}
          help={t('oauthClients.redirectUrisHelp')}
          placeholder="https://app.example.com/callback"
          values={typed}
          onChange={setRedirectUris}
          error={wrongUri}
        />
      )}
      <TextField
        label={t('keys.name')}
        help={t('keys.nameHelp')}
        value={name}
        onChange={setName}
        isRequired
      />
      <Select
        label={t('keys.environment')}
        options={all.map((one) => ({
          value: one.name,
          label: one.title,
          ...(one.production ? { detail: t('keys.production') } : {}),
        }))}
        value={environment ?? null}
        onChange={setPicked}
      />
      <ProblemNote problem={wrongUri === undefined ? create.error : null} />
    </ClientDialog>
  )
}

export function RenewSecretDialog({ tenant, application, row, onClose }: Place & { row: OauthClient }) {
  const { t } = useTranslation('developer')
  const renew = useRenewClientSecret(tenant, application)
  const { keyOf } = useAttempts()
  return (
    <ClientDialog
      made={renew.data}
      onClose={onClose}
      title={t('oauthClients.renewTitle', { client: row.name })}
      sentence={t('oauthClients.renewSentence')}
      footer={
        <Button
          variant="primary"
          isPending={renew.isPending}
          onPress={() => renew.mutate({ credential: row.id, attempt: keyOf(row.id) })}
        >
          {t('oauthClients.renew')}
        </Button>
      }
    >
      <ProblemNote problem={renew.error} />
    </ClientDialog>
  )
}

function ClientDialog({
  made,
  onClose,
  title,
  sentence,
  footer,
  children,
}: {
  made: (OauthClient & { secret: string | null }) | undefined
  onClose(): void
  title: string
  sentence: string
  footer: ReactNode
  children: ReactNode
}) {
  const { t } = useTranslation('developer')
  const [isCopied, setCopied] = useState(false)
  if (!made)
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={title}
        sentence={sentence}
        footer={
          <>
            <Button onPress={onClose}>{t('keys.cancel')}</Button>
            {footer}
          </>
        }
      >
        <div className="flex flex-col gap-4">{children}</div>
      </Dialog>
    )
  const isLocked = made.secret !== null && !isCopied
  return (
    <Dialog
      isOpen
      isLocked={isLocked}
      onClose={onClose}
      title={t('oauthClients.ready')}
      sentence={made.secret === null ? t('oauthClients.readyPublic') : t('oauthClients.readySentence')}
      footer={
        <>
          {isLocked ? (
            <span className="mr-auto text-sm text-muted">{t('oauthClients.copyFirst')}</span>
          ) : null}
          <Button variant="primary" isDisabled={isLocked} onPress={onClose}>
            {t('access.done')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {(
          [
            [t('oauthClients.clientId'), made.clientId],
            [t('oauthClients.issuer'), made.issuer],
            [t('oauthClients.tokenEndpoint'), `${made.issuer}/token`],
          ] as const
        ).map(([label, value]) => (
          <div key={label} className="flex min-w-0 flex-col gap-1">
            <span className="text-sm font-medium">{label}</span>
            <CopyField value={value} label={label} />
          </div>
        ))}
        {made.secret === null ? null : (
          <SecretReveal
            secret={made.secret}
            label={t('oauthClients.secret')}
            onCopied={() => setCopied(true)}
          />
        )}
      </div>
    </Dialog>
  )
}
