// For someone who is signed in and belongs to no tenant.

import { useTranslation } from 'react-i18next'
import { client } from '../../api/client.ts'
import { useMe } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { SignInFrame } from './sign-in-frame.tsx'

export function WelcomePage() {
  const { t } = useTranslation('sign-in')
  const me = useMe()
  return (
    <SignInFrame title={t('welcome.title')} sentence={t('welcome.sentence', { email: me?.user.email ?? '' })}>
      <Button onPress={() => void client.identity.signOut({}).finally(() => location.assign('/sign-in'))}>
        {t('welcome.signOut')}
      </Button>
    </SignInFrame>
  )
}
