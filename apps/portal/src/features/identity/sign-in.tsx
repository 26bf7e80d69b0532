// Sign-in with email and password, or at a provider; comes back to the page that asked for it.

import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { Link } from '../../ui/link.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { PasswordField } from './password-field.tsx'
import { Providers, useProviderProblem } from './providers.tsx'
import { useSignIn } from './queries.ts'
import { SignInFrame } from './sign-in-frame.tsx'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const { t } = useTranslation('sign-in')
  const search = route.useSearch()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useSignIn(search.return)
  const arrival = useProviderProblem(search.problem, search.request)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ email, password })
  }
  return (
    <SignInFrame
      title={t('signIn.title')}
      sentence={t('signIn.sentence')}
      foot={
        <>
          {t('signIn.noAccount')}{' '}
          <Link to="/sign-up" search={{ return: search.return, tenant: search.tenant }}>
            {t('signIn.signUp')}
          </Link>
        </>
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <TextField
          label={t('signIn.email')}
          type="email"
          name="email"
          autoComplete="username"
          autoFocus
          isRequired
          value={email}
          onChange={setEmail}
        />
        <PasswordField
          label={t('signIn.password')}
          name="password"
          autoComplete="current-password"
          isRequired
          value={password}
          onChange={setPassword}
        />
        <ProblemNote problem={signIn.error ?? arrival} />
        <Button
          type="submit"
          variant="primary"
          size="lg"
          isPending={signIn.isPending}
          isDisabled={email === '' || password === ''}
        >
          {t('signIn.submit')}
        </Button>
      </form>
      <Providers returnTo={search.return} />
    </SignInFrame>
  )
}
