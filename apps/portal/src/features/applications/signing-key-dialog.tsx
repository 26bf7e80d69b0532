// The dialog that makes a signing key. A shared secret is shown once, and the dialog does not close before it was copied.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import { CopyField } from '../../ui/copy.tsx'
import { PemField } from '../../ui/pem-field.tsx'
import { Select } from '../../ui/select.tsx'
import { toast } from '../../ui/toast.tsx'
import { AskDialog, NamingFields, ReadyDialog, useNaming } from './credential-dialogs.tsx'
import { useCreateSigningKey } from './queries.ts'

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
  const naming = useNaming(t('signingKeys.defaultName'))
  const [algorithm, setAlgorithm] = useState<(typeof algorithms)[number]>('hmac-sha256')
  const [publicKey, setPublicKey] = useState('')
  const { named } = naming
  const isShared = algorithm === 'hmac-sha256'
  const created = create.data
  if (created?.secret)
    return (
      <ReadyDialog
        title={t('signingKeys.ready')}
        sentence={t('signingKeys.readySentence')}
        secret={created.secret}
        secretLabel={t('signingKeys.secret')}
        copyFirst={t('signingKeys.copyFirst')}
        onClose={onClose}
      >
        <div className="flex min-w-0 flex-col gap-1">
          <span className="text-sm font-medium">{t('signingKeys.keyId')}</span>
          <CopyField value={created.keyId} label={t('signingKeys.copyKeyId')} />
        </div>
      </ReadyDialog>
    )
  return (
    <AskDialog
      title={t('signingKeys.add')}
      sentence={t('signingKeys.addSentence')}
      action={t('signingKeys.addAction')}
      asked={create}
      isWhole={named !== undefined && (isShared || publicKey.trim() !== '')}
      onClose={onClose}
      onAsk={() => {
        if (!named) return
        const wish = { ...named, algorithm, publicKey: isShared ? null : `${publicKey.trim()}\n` }
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
      <NamingFields {...naming} />
    </AskDialog>
  )
}
