// The dialog that makes a signing key. A shared secret is shown once, and the dialog does not close before it was copied.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import { Button } from '../../ui/button.tsx'
import { CopyField, SecretReveal } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { PemField } from '../../ui/pem-field.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { useCreateSigningKey } from './queries.ts'
import { StageSelect, useStage } from './stage-select.tsx'

const algorithms = ['hmac-sha256', 'ed25519', 'ecdsa-p256-sha256', 'rsa-pss-sha512'] as const

export function SigningKeyDialog({
  tenant,
  application,
  onClose,
}: {
  tenant: string
  application: string
  onClose(): void
}) {
  const { t } = useTranslation('developer')
  const { t: words } = useTranslation('credentials')
  const create = useCreateSigningKey(tenant, application)
  const { keyOf } = useAttempts()
  const [name, setName] = useState(t('signingKeys.defaultName'))
  const [algorithm, setAlgorithm] = useState<(typeof algorithms)[number]>('hmac-sha256')
  const [publicKey, setPublicKey] = useState('')
  const stage = useStage()
  const isShared = algorithm === 'hmac-sha256'
  const created = create.data
  if (created?.secret) return <NewSecret keyId={created.keyId} secret={created.secret} onClose={onClose} />
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('signingKeys.add')}
      sentence={t('signingKeys.addSentence')}
      footer={
        <>
          <Button onPress={onClose}>{t('keys.cancel')}</Button>
          <Button
            variant="primary"
            isPending={create.isPending}
            isDisabled={!stage.name || name.trim() === '' || (!isShared && publicKey.trim() === '')}
            onPress={() => {
              if (!stage.name) return
              const wish = {
                environment: stage.name,
                name: name.trim(),
                algorithm,
                publicKey: isShared ? null : `${publicKey.trim()}\n`,
              }
              create.mutate(
                { ...wish, attempt: keyOf(wish) },
                {
                  onSuccess: ({ secret, keyId }) => {
                    if (secret) return
                    toast({ title: t('signingKeys.added', { keyId }) })
                    onClose()
                  },
                },
              )
            }}
          >
            {t('signingKeys.addAction')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Select
          label={t('signingKeys.algorithm')}
          help={isShared ? t('signingKeys.sharedHelp') : t('signingKeys.publicHelp')}
          options={algorithms.map((value) => ({ value, label: words(`signingKeys.algorithm.${value}`) }))}
          value={algorithm}
          onChange={setAlgorithm}
        />
        {isShared ? null : (
          <PemField
            label={t('signingKeys.publicKey')}
            help={t('signingKeys.publicKeyHelp')}
            placeholder="-----BEGIN PUBLIC KEY-----"
            value={publicKey}
            onChange={setPublicKey}
            isRequired
          />
        )}
        <TextField
          label={t('keys.name')}
          help={t('keys.nameHelp')}
          value={name}
          onChange={setName}
          isRequired
        />
        <StageSelect {...stage} />
        <ProblemNote problem={create.error} />
      </div>
    </Dialog>
  )
}

function NewSecret({ keyId, secret, onClose }: { keyId: string; secret: string; onClose(): void }) {
  const { t } = useTranslation('developer')
  const [isCopied, setCopied] = useState(false)
  return (
    <Dialog
      isOpen
      isLocked={!isCopied}
      onClose={onClose}
      title={t('signingKeys.ready')}
      sentence={t('signingKeys.readySentence')}
      footer={
        <>
          {isCopied ? null : <span className="mr-auto text-sm text-muted">{t('signingKeys.copyFirst')}</span>}
          <Button variant="primary" isDisabled={!isCopied} onPress={onClose}>
            {t('access.done')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <span className="text-sm font-medium">{t('signingKeys.keyId')}</span>
        <CopyField value={keyId} label={t('signingKeys.copyKeyId')} />
        <SecretReveal secret={secret} label={t('signingKeys.secret')} onCopied={() => setCopied(true)} />
      </div>
    </Dialog>
  )
}
