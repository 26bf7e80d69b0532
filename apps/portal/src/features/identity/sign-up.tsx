// Sign-up: joins a tenant as a developer, accepts an invitation, or makes a team of one's own.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { PasswordField } from '../../forms/password-field.tsx'
import { slugOf } from '../../forms/slug.ts'
import { Button } from '../../ui/button.tsx'
import { Link } from '../../ui/link.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { useSignUp } from './queries.ts'
import { SignInFrame } from './sign-in-frame.tsx'

const route = getRouteApi('/sign-up')

export function SignUpPage() {
  const { t } = useTranslation('sign-in')
  const search = route.useSearch()
  const portal = useQuery({
    ...orpc.catalogue.tenant.queryOptions({ input: { tenant: search.tenant ?? '' } }),
    enabled: search.tenant !== undefined,
  })
  const [fields, setFields] = useState({ name: '', email: '', password: '', team: '', slug: '' })
  const set = (name: keyof typeof fields) => (value: string) =>
    setFields((old) => ({ ...old, [name]: value }))
  const signUp = useSignUp(search.return)
  const errors = errorsByPath(signUp.error)
  const creates = !search.tenant && !search.invitation
  const slug = fields.slug || slugOf(fields.team)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signUp.mutate({
      name: fields.name,
      email: fields.email,
      password: fields.password,
      ...(search.invitation ? { invitation: search.invitation } : {}),
      ...(search.tenant && !search.invitation ? { join: search.tenant } : {}),
      ...(creates ? { create: { name: slug, title: fields.team } } : {}),
    })
  }
  const sentence = search.invitation
    ? t('signUp.inviteSentence')
    : creates
      ? t('signUp.createSentence')
      : t('signUp.joinSentence', { tenant: portal.data?.title ?? search.tenant })
  return (
    <SignInFrame
      title={t('signUp.title')}
      sentence={sentence}
      foot={
        <>
          {t('signUp.hasAccount')}{' '}
          <Link to="/sign-in" search={{ return: search.return, tenant: search.tenant }}>
            {t('signUp.signIn')}
          </Link>
        </>
      }
    >
      <form onSubmit={submit} className="flex flex-col gap-4" noValidate>
        <TextField
          label={t('signUp.name')}
          name="name"
          autoComplete="name"
          autoFocus
          isRequired
          value={fields.name}
          onChange={set('name')}
          error={errors.get('/name')}
        />
        <TextField
          label={t('signIn.email')}
          type="email"
          name="email"
          autoComplete="username"
          isRequired
          value={fields.email}
          onChange={set('email')}
          error={errors.get('/email')}
        />
        <PasswordField
          label={t('signUp.password')}
          help={t('signUp.passwordHelp')}
          name="password"
          autoComplete="new-password"
          isRequired
          value={fields.password}
          onChange={set('password')}
          error={errors.get('/password')}
        />
        {creates ? (
          <>
            <TextField
              label={t('signUp.team')}
              help={t('signUp.teamHelp')}
              name="team"
              isRequired
              value={fields.team}
              onChange={set('team')}
              error={errors.get('/create/title')}
            />
            <TextField
              label={t('signUp.teamName')}
              help={t('signUp.teamNameHelp', { address: `${location.host}/p/${slug || '…'}` })}
              name="slug"
              mono
              isRequired
              value={slug}
              onChange={set('slug')}
              error={errors.get('/create/name')}
            />
          </>
        ) : null}
        <ProblemNote problem={signUp.error} />
        <Button type="submit" variant="primary" size="lg" isPending={signUp.isPending}>
          {t('signUp.submit')}
        </Button>
      </form>
    </SignInFrame>
  )
}
