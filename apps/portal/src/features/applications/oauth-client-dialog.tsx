// The dialog that registers an OAuth client with an application.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { useRegisterOauthClient } from './queries.ts'
import { StageSelect, useStage } from './stage-select.tsx'

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
  const [name, setName] = useState(t('oauthClients.defaultName'))
  const [issuer, setIssuer] = useState('')
  const [clientId, setClientId] = useState('')
  const stage = useStage()
  const environment = stage.name
  const isWhole = [name, issuer, clientId].every((text) => text.trim() !== '')
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('oauthClients.add')}
      sentence={t('oauthClients.registerSentence')}
      footer={
        <>
          <Button onPress={onClose}>{t('keys.cancel')}</Button>
          <Button
            variant="primary"
            isPending={register.isPending}
            isDisabled={!environment || !isWhole}
            onPress={() => {
              if (!environment) return
              register.mutate(
                { environment, name: name.trim(), issuer: issuer.trim(), clientId: clientId.trim() },
                {
                  onSuccess: () => {
                    toast({ title: t('oauthClients.registered', { client: clientId.trim() }) })
                    onClose()
                  },
                },
              )
            }}
          >
            {t('oauthClients.registerAction')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
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
        <TextField
          label={t('keys.name')}
          help={t('keys.nameHelp')}
          value={name}
          onChange={setName}
          isRequired
        />
        <StageSelect {...stage} />
        <ProblemNote problem={register.error} />
      </div>
    </Dialog>
  )
}
