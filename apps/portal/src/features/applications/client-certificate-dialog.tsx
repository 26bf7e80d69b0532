// The dialog that registers a client certificate: the certificate itself, or the mark that it is known by.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { RadioGroup } from '../../ui/choice.tsx'
import { PemField } from '../../ui/pem-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { AskDialog, NamingFields, useNaming } from './credential-dialogs.tsx'
import { useRegisterClientCertificate } from './queries.ts'

const marks = ['fingerprint', 'spiffe', 'subject'] as const

export function ClientCertificateDialog({
  tenant,
  application,
  onClose,
}: {
  tenant: string
  application: string
  onClose(): void
}) {
  const { t } = useTranslation('developer')
  const register = useRegisterClientCertificate(tenant, application)
  const naming = useNaming(t('clientCertificates.defaultName'))
  const [by, setBy] = useState<(typeof marks)[number]>('fingerprint')
  const [value, setValue] = useState('')
  const { named } = naming
  return (
    <AskDialog
      title={t('clientCertificates.add')}
      sentence={t('clientCertificates.addSentence')}
      action={t('clientCertificates.addAction')}
      asked={register}
      isWhole={named !== undefined && value.trim() !== ''}
      onClose={onClose}
      onAsk={() => {
        if (!named) return
        register.mutate(
          { ...named, by, value: value.trim() },
          {
            onSuccess: () => {
              toast({ title: t('clientCertificates.added', { name: named.name }) })
              onClose()
            },
          },
        )
      }}
    >
      <PemField
        label={t('clientCertificates.value')}
        help={t('clientCertificates.valueHelp')}
        value={value}
        onChange={setValue}
        isRequired
      />
      <RadioGroup
        label={t('clientCertificates.knownBy')}
        options={marks.map((mark) => ({
          value: mark,
          label: t(`clientCertificates.marks.${mark}`),
          detail: t(`clientCertificates.markHelp.${mark}`),
        }))}
        value={by}
        onChange={setBy}
      />
      <NamingFields {...naming} />
    </AskDialog>
  )
}
