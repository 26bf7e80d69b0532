// An authenticator app in two steps on one screen: scan, and give back what it shows.

import { QRCodeSVG } from 'qrcode.react'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorsByPath } from '../../forms/field-problems.ts'
import { Button } from '../../ui/button.tsx'
import { CopyField } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { useBeginApp, useConfirmApp } from './factor-queries.ts'

interface AppDialogProps {
  onClose(): void
  onAdded(recoveryCodes: readonly string[] | null): void
}

export function AppDialog({ onClose, onAdded }: AppDialogProps) {
  const { t } = useTranslation('account')
  const [code, setCode] = useState('')
  const { mutate: begin, data, error } = useBeginApp()
  const confirm = useConfirmApp()
  useEffect(() => begin(), [begin])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (code !== '') confirm.mutate(code, { onSuccess: ({ recoveryCodes }) => onAdded(recoveryCodes) })
  }
  const codeError = errorsByPath(confirm.error).get('/code')
  return (
    <Dialog
      isOpen
      size="sm"
      onClose={onClose}
      title={t('factors.appTitle')}
      sentence={t('factors.appSentence')}
      footer={
        <>
          <Button onPress={onClose}>{t('cancel')}</Button>
          <Button
            variant="primary"
            type="submit"
            form="confirm-app"
            isPending={confirm.isPending}
            isDisabled={!data || code === ''}
          >
            {t('factors.confirm')}
          </Button>
        </>
      }
    >
      <form id="confirm-app" onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <ProblemNote problem={error} />
        {data ? (
          <>
            {/* Black on white in both themes: cameras read it so. */}
            <div className="self-center rounded-lg border border-line bg-white p-3">
              <QRCodeSVG value={data.uri} size={176} title={t('factors.qr')} />
            </div>
            <div className="flex flex-col gap-1.5">
              <span className="text-sm text-muted">{t('factors.byHand')}</span>
              <CopyField value={data.secret} label={t('factors.copySecret')} />
            </div>
            <TextField
              label={t('factors.code')}
              help={t('factors.codeHelp')}
              inputMode="numeric"
              autoComplete="one-time-code"
              autoFocus
              value={code}
              onChange={setCode}
              error={codeError}
              mono
            />
          </>
        ) : error ? null : (
          <Skeleton className="h-52" />
        )}
        <ProblemNote problem={codeError ? null : confirm.error} />
      </form>
    </Dialog>
  )
}
