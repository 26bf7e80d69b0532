// Asks for a proof that is fresh: a code or a passkey of who has one, else the password.

import { useQuery } from '@tanstack/react-query'
import { Fingerprint } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/session.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { PasswordField } from '../../forms/password-field.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { factorsQuery, useProve, useProveByPasskey } from './factor-queries.ts'

export function ProofDialog({ onAnswer }: { onAnswer(isProved: boolean): void }) {
  const { t } = useTranslation(['account', 'sign-in'])
  const me = useMe()
  const factors = useQuery(factorsQuery()).data
  const [text, setText] = useState('')
  const prove = useProve()
  const byPasskey = useProveByPasskey()
  const done = { onSuccess: () => onAnswer(true) }
  const hasApp = factors?.app != null
  const hasPasskey = (factors?.passkeys.length ?? 0) > 0
  const byCode = hasApp || hasPasskey
  const byPassword = !byCode && me?.user.hasPassword === true
  const hasNothing = factors !== undefined && !byCode && !byPassword
  const submit = (event: FormEvent) => {
    event.preventDefault()
    // A dialog may stand over a form of the page: that one is not meant.
    event.stopPropagation()
    if (text !== '') prove.mutate(byCode ? { code: text } : { password: text }, done)
  }
  const fieldError = errorsByPath(prove.error).get('/password')
  return (
    <Dialog
      isOpen
      size="sm"
      onClose={() => onAnswer(false)}
      title={t('proof.title')}
      sentence={hasNothing ? t('proof.byProvider') : t('proof.sentence')}
      footer={
        <>
          <Button onPress={() => onAnswer(false)}>{t('cancel')}</Button>
          {hasNothing ? null : (
            <Button
              variant="primary"
              type="submit"
              form="proof"
              isPending={prove.isPending}
              isDisabled={text === ''}
            >
              {t('proof.submit')}
            </Button>
          )}
        </>
      }
    >
      {factors === undefined || hasNothing ? null : (
        <form id="proof" onSubmit={submit} className="flex flex-col gap-4" noValidate>
          {hasPasskey ? (
            <Button
              icon={Fingerprint}
              isPending={byPasskey.isPending}
              onPress={() => byPasskey.mutate(undefined, done)}
            >
              {t('proof.passkey')}
            </Button>
          ) : null}
          {byCode ? (
            <TextField
              label={t('proof.code')}
              help={hasApp ? t('proof.codeHelp') : t('proof.recoveryHelp')}
              autoComplete="one-time-code"
              autoFocus={hasApp}
              value={text}
              onChange={setText}
              mono
            />
          ) : (
            <PasswordField
              label={t('proof.password')}
              autoComplete="current-password"
              autoFocus
              value={text}
              onChange={setText}
              error={fieldError}
            />
          )}
          <ProblemNote problem={fieldError ? null : (prove.error ?? byPasskey.error)} />
        </form>
      )}
    </Dialog>
  )
}
