// Dialogs that end with the id and the secret of an OAuth client of the tenant's own authorisation server: create, and another secret.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import type { OauthClient } from '../../credentials/columns.tsx'
import { errorsByPath } from '../../forms/field-problems.ts'
import { RadioGroup } from '../../ui/choice.tsx'
import { CopyField } from '../../ui/copy.tsx'
import { TagField } from '../../ui/tag-field.tsx'
import { AskDialog, NamingFields, ReadyDialog, useNaming } from './credential-dialogs.tsx'
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
  const create = useCreateOauthClient(tenant, application)
  const { keyOf } = useAttempts()
  const naming = useNaming(t('oauthClients.defaultName'))
  const [use, setUse] = useState<Use>('machine')
  const [typed, setRedirectUris] = useState<string[]>([])
  const { named } = naming
  const redirectUris = use === 'machine' ? [] : typed
  const wrongUri = [...errorsByPath(create.error)].find(([path]) => path.startsWith('/redirectUris'))?.[1]
  if (create.data) return <ClientReady made={create.data} onClose={onClose} />
  return (
    <AskDialog
      title={t('oauthClients.create')}
      sentence={t('oauthClients.createSentence')}
      action={t('oauthClients.create')}
      asked={create}
      isWhole={named !== undefined && (use === 'machine' || redirectUris.length > 0)}
      isProblemShown={wrongUri !== undefined}
      onClose={onClose}
      onAsk={() => {
        if (!named) return
        const wish = { ...named, isPublic: use === 'browser', redirectUris }
        create.mutate({ ...wish, attempt: keyOf(wish) })
      }}
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
      <NamingFields {...naming} />
    </AskDialog>
  )
}

export function RenewSecretDialog({ tenant, application, row, onClose }: Place & { row: OauthClient }) {
  const { t } = useTranslation('developer')
  const renew = useRenewClientSecret(tenant, application)
  const { keyOf } = useAttempts()
  if (renew.data) return <ClientReady made={renew.data} onClose={onClose} />
  return (
    <AskDialog
      title={t('oauthClients.renewTitle', { client: row.name })}
      sentence={t('oauthClients.renewSentence')}
      action={t('oauthClients.renew')}
      asked={renew}
      onClose={onClose}
      onAsk={() => renew.mutate({ credential: row.id, attempt: keyOf(row.id) })}
    />
  )
}

function ClientReady({ made, onClose }: { made: OauthClient & { secret: string | null }; onClose(): void }) {
  const { t } = useTranslation('developer')
  const facts = [
    [t('oauthClients.clientId'), made.clientId],
    [t('oauthClients.issuer'), made.issuer],
    [t('oauthClients.tokenEndpoint'), `${made.issuer}/token`],
  ] as const
  return (
    <ReadyDialog
      title={t('oauthClients.ready')}
      sentence={made.secret === null ? t('oauthClients.readyPublic') : t('oauthClients.readySentence')}
      secret={made.secret}
      secretLabel={t('oauthClients.secret')}
      copyFirst={t('oauthClients.copyFirst')}
      onClose={onClose}
    >
      {facts.map(([label, value]) => (
        <div key={label} className="flex min-w-0 flex-col gap-1">
          <span className="text-sm font-medium">{label}</span>
          <CopyField value={value} label={label} />
        </div>
      ))}
    </ReadyDialog>
  )
}
