// What an application asks a person for, and their answer: the question of the authorisation server, asked in the portal's own session.

import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { Check } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { useMe } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Loaded } from '../../ui/states.tsx'
import { SignInFrame } from './sign-in-frame.tsx'

const route = getRouteApi('/authorise/$tenant/$authorisation')

type Question = Awaited<ReturnType<typeof client.authorisations.get>>

export function AuthorisePage() {
  const { t } = useTranslation('sign-in')
  const { tenant, authorisation } = route.useParams()
  const question = useQuery(
    orpc.authorisations.get.queryOptions({ input: { server: tenant, authorisation } }),
  )
  const title = question.data
    ? t('authorise.title', { application: question.data.application })
    : t('authorise.plainTitle')
  return (
    <SignInFrame title={title} sentence={t('authorise.sentence')} foot={<SomebodyElse />}>
      <Loaded query={question}>
        {(loaded) => <Decision question={loaded} server={tenant} authorisation={authorisation} />}
      </Loaded>
    </SignInFrame>
  )
}

function Decision({ question, ...one }: { question: Question; server: string; authorisation: string }) {
  const { t } = useTranslation('sign-in')
  const me = useMe()
  const decide = useMutation({
    mutationFn: (decision: 'allow' | 'deny') => client.authorisations.decide({ ...one, decision }),
    // The page stays as it is until the browser has left it: nobody presses twice.
    onSuccess: ({ location: address }) => location.assign(address),
  })
  const isBusy = decide.isPending || decide.isSuccess
  const asked = [
    ...question.personScopes.map((name) => ({
      name,
      title: t(`authorise.scopes.${name}`, { email: me?.user.email ?? '' }),
    })),
    ...question.scopes,
  ]
  return (
    <div className="flex flex-col gap-5">
      <p className="text-md">
        {t('authorise.who', {
          client: question.client,
          owner: question.owner,
          host: question.returnsTo,
        })}
      </p>
      {asked.length === 0 ? null : (
        <ul className="flex flex-col gap-2.5 rounded-lg border border-line bg-surface p-4">
          {asked.map(({ name, title }) => (
            <li key={name} className="flex items-start gap-2.5">
              <Check size={18} aria-hidden className="mt-0.5 shrink-0 text-accent-text" />
              <span className="min-w-0 break-words">{title}</span>
            </li>
          ))}
        </ul>
      )}
      <ProblemNote problem={decide.error} />
      <div className="flex flex-col gap-2 sm:flex-row">
        <Button
          variant="primary"
          size="lg"
          isPending={isBusy && decide.variables === 'allow'}
          isDisabled={isBusy}
          onPress={() => decide.mutate('allow')}
        >
          {t('authorise.allow')}
        </Button>
        <Button
          size="lg"
          isPending={isBusy && decide.variables === 'deny'}
          isDisabled={isBusy}
          onPress={() => decide.mutate('deny')}
        >
          {t('authorise.deny')}
        </Button>
      </div>
    </div>
  )
}

/** Whose session this is, and the way to another one, back to this very question. */
function SomebodyElse() {
  const { t } = useTranslation('sign-in')
  const me = useMe()
  const signOut = useMutation({
    mutationFn: () => client.identity.signOut({}),
    onSuccess: () =>
      location.assign(`/sign-in?return=${encodeURIComponent(`${location.pathname}${location.search}`)}`),
  })
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      {t('authorise.signedIn', { email: me?.user.email ?? '' })}
      <Button size="sm" isPending={signOut.isPending} onPress={() => signOut.mutate()}>
        {t('authorise.other')}
      </Button>
    </span>
  )
}
