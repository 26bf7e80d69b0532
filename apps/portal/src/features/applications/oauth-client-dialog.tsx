// The dialog that registers an OAuth client with an application.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { AskDialog, NamingFields, useNaming } from './credential-dialogs.tsx'
import { useRegisterOauthClient } from './queries.ts'

export function OauthClientDialog({
  tenant,
  application,
  onClose,
}: {
  tenant: string
  application: string
  onClose(): void
}) {
  const { t } = useTranslation('developer')
  const register = useRegisterOauthClient(tenant, application)
  const naming = useNaming(t('oauthClients.defaultName'))
  const [issuer, setIssuer] = useState('')
  const [clientId, setClientId] = useState('')
  const { named } = naming
  return (
    <AskDialog
      title={t('oauthClients.add')}
      sentence={t('oauthClients.registerSentence')}
      action={t('oauthClients.registerAction')}
      asked={register}
      isWhole={named !== undefined && issuer.trim() !== '' && clientId.trim() !== ''}
      onClose={onClose}
      onAsk={() => {
        if (!named) return
        register.mutate(
          { ...named, issuer: issuer.trim(), clientId: clientId.trim() },
          {
            onSuccess: () => {
              toast({ title: t('oauthClients.registered', { client: clientId.trim() }) })
              onClose()
            },
          },
        )
      }}
    >
      <TextField
        label={t('oauthClients.issuer')}
        help={t('oauthClients.issuerHelp')}
        placeholder="https://id.example.com/realms/main"
        value={issuer}
        onChange={setIssuer}
        isRequired
        mono
      />
      <TextField
        label={t('oauthClients.clientId')}
        help={t('oauthClients.clientIdHelp')}
        value={clientId}
        onChange={setClientId}
        isRequired
        mono
      />
      <NamingFields {...naming} />
    </AskDialog>
  )
}
