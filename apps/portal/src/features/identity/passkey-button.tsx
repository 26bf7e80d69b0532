// Sign-in by a passkey alone: the browser knows whose it is.

import { Fingerprint } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '../../ui/button.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { usePasskeySignIn } from './queries.ts'

export function PasskeyButton({ returnTo }: { returnTo: string | undefined }) {
  const { t } = useTranslation('sign-in')
  const signIn = usePasskeySignIn(returnTo)
  return (
    <>
      <Button size="lg" icon={Fingerprint} isPending={signIn.isPending} onPress={() => signIn.mutate()}>
        {t('passkey')}
      </Button>
      <ProblemNote problem={signIn.error} />
    </>
  )
}
