// The dialog that adds a certificate of hosts, or renews one: two PEM texts, checked together as they arrive.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Switch } from '../../ui/choice.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { PemField } from '../../ui/pem-field.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { type HostCertificate, useSaveCertificate } from './queries.ts'

export function CertificateDialog({
  environment,
  renewed,
  onClose,
}: {
  environment: string
  /** undefined: a new one. */
  renewed: HostCertificate | undefined
  onClose(): void
}) {
  const { t } = useTranslation('platform')
  const save = useSaveCertificate(environment, renewed)
  const [name, setName] = useState(renewed?.name ?? '')
  const [chain, setChain] = useState('')
  const [privateKey, setPrivateKey] = useState('')
  const [isDefault, setDefault] = useState(renewed?.isDefault ?? false)
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={renewed ? t('certificates.renewOf', { name: renewed.name }) : t('certificates.new')}
      sentence={t('certificates.dialogSentence')}
      footer={
        <>
          <Button onPress={onClose}>{t('certificates.cancel')}</Button>
          <Button
            variant="primary"
            isPending={save.isPending}
            isDisabled={name.trim() === '' || chain.trim() === '' || privateKey.trim() === ''}
            onPress={() =>
              save.mutate(
                { name: name.trim(), chain, privateKey, isDefault },
                {
                  onSuccess: () => {
                    toast({
                      title: t(renewed ? 'certificates.renewed' : 'certificates.added', {
                        name: name.trim(),
                      }),
                    })
                    onClose()
                  },
                },
              )
            }
          >
            {renewed ? t('certificates.renew') : t('certificates.new')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {renewed ? null : (
          <TextField
            label={t('certificates.name')}
            help={t('certificates.nameHelp')}
            value={name}
            onChange={setName}
            isRequired
            mono
          />
        )}
        <PemField
          label={t('certificates.chain')}
          help={t('certificates.chainHelp')}
          value={chain}
          onChange={setChain}
          isRequired
        />
        <PemField
          label={t('certificates.privateKey')}
          help={t('certificates.privateKeyHelp')}
          placeholder="-----BEGIN PRIVATE KEY-----"
          value={privateKey}
          onChange={setPrivateKey}
          isRequired
        />
        <Switch isSelected={isDefault} onChange={setDefault} help={t('certificates.defaultHelp')}>
          {t('certificates.default')}
        </Switch>
        <ProblemNote problem={save.error} />
      </div>
    </Dialog>
  )
}
