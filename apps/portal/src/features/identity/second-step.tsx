// The second step of a sign-in: a code of the app, a recovery code, or a passkey instead of both.

import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { PasskeyButton } from './passkey-button.tsx'
import type { useSignIn } from './queries.ts'
import { SignInFrame } from './sign-in-frame.tsx'

interface SecondStepProps {
  email: string
  factors: readonly string[]
  signIn: ReturnType<typeof useSignIn>
  onSubmit(code: string): void
  onBack(): void
  returnTo: string | undefined
}

export function SecondStep({ email, factors, signIn, onSubmit, onBack, returnTo }: SecondStepProps) {
  const { t } = useTranslation('sign-in')
  const [code, setCode] = useState('')
  const hasApp = factors.includes('totp')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (code.trim() !== '') onSubmit(code.trim())
  }
  const isFirstLook = asProblem(signIn.error).code === 'second_factor_required'
  return (
    <SignInFrame title={t('second.title')} sentence={t('second.sentence', { email })}>
      <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <TextField
          label={hasApp ? t('second.code') : t('second.recoveryCode')}
          help={hasApp ? t('second.codeHelp') : t('second.recoveryHelp')}
          autoComplete="one-time-code"
          autoFocus
          value={code}
          onChange={setCode}
          mono
        />
        <ProblemNote problem={signIn.error && !isFirstLook ? signIn.error : null} />
        <Button
          type="submit"
          variant="primary"
          size="lg"
          isPending={signIn.isPending}
          isDisabled={code.trim() === ''}
        >
          {t('second.submit')}
        </Button>
        {factors.includes('passkey') ? <PasskeyButton returnTo={returnTo} /> : null}
        <Button variant="quiet" onPress={onBack}>
          {t('second.back')}
        </Button>
      </form>
    </SignInFrame>
  )
}
