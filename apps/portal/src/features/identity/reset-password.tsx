// A forgotten password: ask for a link, or, with the secret of one behind the hash sign, set a new password.

import { useMutation } from '@tanstack/react-query'
import { MailCheck } from 'lucide-react'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { PasswordField } from '../../forms/password-field.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Link } from '../../ui/link.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { takeSecret } from './link-secret.ts'
import { SignInFrame } from './sign-in-frame.tsx'

export function ResetPasswordPage() {
  const [token, setToken] = useState(takeSecret)
  useEffect(() => {
    // The link may be opened in the tab that asked for it, which is no new page then.
    const look = () => setToken(takeSecret())
    window.addEventListener('hashchange', look)
    return () => window.removeEventListener('hashchange', look)
  }, [])
  return token === null ? <AskForLink /> : <SetPassword token={token} />
}

function AskForLink() {
  const { t } = useTranslation('sign-in')
  const [email, setEmail] = useState('')
  const ask = useMutation({ mutationFn: () => client.mailedLinks.requestReset({ email: email.trim() }) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (email !== '') ask.mutate()
  }
  if (ask.isSuccess)
    return (
      <SignInFrame title={t('reset.sentTitle')} sentence={t('reset.sentSentence', { email })} foot={<Back />}>
        <p className="flex items-start gap-2.5 text-muted">
          <MailCheck size={18} aria-hidden className="mt-0.5 shrink-0 text-accent-text" />
          {t('reset.sentDetail')}
        </p>
      </SignInFrame>
    )
  const error = errorsByPath(ask.error).get('/email')
  return (
    <SignInFrame title={t('reset.askTitle')} sentence={t('reset.askSentence')} foot={<Back />}>
      <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <TextField
          label={t('signIn.email')}
          type="email"
          autoComplete="username"
          autoFocus
          value={email}
          onChange={setEmail}
          error={error}
        />
        <ProblemNote problem={error ? null : ask.error} />
        <Button type="submit" variant="primary" size="lg" isPending={ask.isPending} isDisabled={email === ''}>
          {t('reset.ask')}
        </Button>
      </form>
    </SignInFrame>
  )
}

function SetPassword({ token }: { token: string }) {
  const { t } = useTranslation('sign-in')
  const [password, setPassword] = useState('')
  const [endTokens, setEndTokens] = useState(false)
  const set = useMutation({ mutationFn: () => client.mailedLinks.reset({ token, password, endTokens }) })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (password !== '') set.mutate()
  }
  if (set.isSuccess)
    return (
      <SignInFrame title={t('reset.doneTitle')} sentence={t('reset.doneSentence')}>
        <Link to="/sign-in">{t('reset.toSignIn')}</Link>
      </SignInFrame>
    )
  const error = errorsByPath(set.error).get('/password')
  return (
    <SignInFrame title={t('reset.setTitle')} sentence={t('reset.setSentence')} foot={<Back />}>
      <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <PasswordField
          label={t('reset.newPassword')}
          help={t('signUp.passwordHelp')}
          autoComplete="new-password"
          autoFocus
          value={password}
          onChange={setPassword}
          error={error}
        />
        <Checkbox isSelected={endTokens} onChange={setEndTokens} help={t('reset.endTokensHelp')}>
          {t('reset.endTokens')}
        </Checkbox>
        <ProblemNote problem={error ? null : set.error} />
        <Button
          type="submit"
          variant="primary"
          size="lg"
          isPending={set.isPending}
          isDisabled={password === ''}
        >
          {t('reset.set')}
        </Button>
      </form>
    </SignInFrame>
  )
}

function Back() {
  const { t } = useTranslation('sign-in')
  return <Link to="/sign-in">{t('reset.back')}</Link>
}
