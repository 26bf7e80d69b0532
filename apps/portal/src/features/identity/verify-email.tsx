// The link that proves an address, opened where its account is signed in. A press, so that nothing that merely reads mail does it.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { sessionQuery, useMe } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { Link } from '../../ui/link.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { takeSecret } from './link-secret.ts'
import { SignInFrame } from './sign-in-frame.tsx'

export function VerifyEmailPage() {
  const { t } = useTranslation('sign-in')
  const [token] = useState(takeSecret)
  const me = useMe()
  const queryClient = useQueryClient()
  const verify = useMutation({
    mutationFn: () => client.mailedLinks.verify({ token: token ?? '-' }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  })
  if (verify.isSuccess)
    return (
      <SignInFrame
        title={t('verify.doneTitle')}
        sentence={t('verify.doneSentence', { email: me?.user.email })}
      >
        <Link to="/account">{t('verify.toAccount')}</Link>
      </SignInFrame>
    )
  return (
    <SignInFrame title={t('verify.title')} sentence={t('verify.sentence', { email: me?.user.email })}>
      <div className="flex flex-col gap-4">
        <ProblemNote problem={verify.error} />
        <Button variant="primary" size="lg" isPending={verify.isPending} onPress={() => verify.mutate()}>
          {t('verify.submit')}
        </Button>
      </div>
    </SignInFrame>
  )
}
