// For someone who is signed in and belongs to no tenant.

import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMe } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { SignInFrame } from './sign-in-frame.tsx'

export function WelcomePage() {
  const { t } = useTranslation('sign-in')
  const me = useMe()
  const signOut = useMutation({
    mutationFn: () => client.identity.signOut({}),
    onSuccess: () => location.assign('/sign-in'),
  })
  return (
    <SignInFrame title={t('welcome.title')} sentence={t('welcome.sentence', { email: me?.user.email ?? '' })}>
      <ProblemNote problem={signOut.error} />
      <Button isPending={signOut.isPending} onPress={() => signOut.mutate()}>
        {t('welcome.signOut')}
      </Button>
    </SignInFrame>
  )
}
