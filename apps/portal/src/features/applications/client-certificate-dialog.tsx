// The dialog that registers a client certificate: the certificate itself, or the mark that it is known by.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { PemField } from '../../ui/pem-field.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { useRegisterClientCertificate } from './queries.ts'
import { StageSelect, useStage } from './stage-select.tsx'

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
  const [name, setName] = useState(t('clientCertificates.defaultName'))
  const [by, setBy] = useState<(typeof marks)[number]>('fingerprint')
  const [value, setValue] = useState('')
  const stage = useStage()
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('clientCertificates.add')}
      sentence={t('clientCertificates.addSentence')}
      footer={
        <>
          <Button onPress={onClose}>{t('keys.cancel')}</Button>
          <Button
            variant="primary"
            isPending={register.isPending}
            isDisabled={!stage.name || name.trim() === '' || value.trim() === ''}
            onPress={() => {
              if (!stage.name) return
              register.mutate(
                { environment: stage.name, name: name.trim(), by, value: value.trim() },
                {
                  onSuccess: () => {
                    toast({ title: t('clientCertificates.added', { name: name.trim() }) })
                    onClose()
                  },
                },
              )
            }}
          >
            {t('clientCertificates.addAction')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
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
