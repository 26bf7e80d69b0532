// Sign-in with email and password, or at a provider; comes back to the page that asked for it.

import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem, type Problem } from '../../api/problem.ts'
import { PasswordField } from '../../forms/password-field.tsx'
import { Button } from '../../ui/button.tsx'
import { Link } from '../../ui/link.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { PasskeyButton } from './passkey-button.tsx'
import { Providers, useProviderProblem } from './providers.tsx'
import { useSignIn } from './queries.ts'
import { SecondStep } from './second-step.tsx'
import { SignInFrame } from './sign-in-frame.tsx'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const { t } = useTranslation('sign-in')
  const search = route.useSearch()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useSignIn(search.return)
  const arrival = useProviderProblem(search.problem, search.request)
  const [factors, setFactors] = useState<readonly string[]>()
  const enter = (code?: string) =>
    signIn.mutate(code === undefined ? { email, password } : { email, password, code }, {
      onError: (error) => {
        const problem = asProblem(error)
        if (problem.code === 'second_factor_required') setFactors(factorsIn(problem))
      },
    })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    enter()
  }
  if (factors)
    return (
      <SecondStep
        email={email}
        factors={factors}
        signIn={signIn}
        onSubmit={enter}
        onBack={() => {
          setFactors(undefined)
          setPassword('')
          signIn.reset()
        }}
        returnTo={search.return}
      />
    )
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
        <Link to="/reset-password" className="-mt-2 self-start text-sm">
          {t('forgot')}
        </Link>
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
        <PasskeyButton returnTo={search.return} />
      </form>
      <Providers returnTo={search.return} />
    </SignInFrame>
  )
}

function factorsIn({ extra: { factors } }: Problem): readonly string[] {
  return Array.isArray(factors) ? factors.filter((one) => typeof one === 'string') : []
}
