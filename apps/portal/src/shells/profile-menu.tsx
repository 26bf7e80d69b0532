// Account menu: who is signed in, theme, account, sign out.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { Ban, DoorClosed, KeyRound, LogOut, Radio, ShieldCheck, UserRound } from 'lucide-react'
import { Button } from 'react-aria-components/Button'
import { useTranslation } from 'react-i18next'
import { client, rememberCsrfToken } from '../api/client.ts'
import { asProblem } from '../api/problem.ts'
import { sessionQuery, useMe } from '../api/session.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Menu } from '../ui/menu.tsx'
import { ThemeSwitch } from '../ui/theme-switch.tsx'
import { toast } from '../ui/toast.tsx'

export function ProfileMenu() {
  const { t } = useTranslation('common')
  const me = useMe()
  const router = useRouter()
  const queryClient = useQueryClient()
  const leave = () => {
    queryClient.clear()
    rememberCsrfToken(null)
    queryClient.setQueryData(sessionQuery.queryKey, null)
    location.assign('/sign-in')
  }
  const signOut = useMutation({
    mutationFn: () => client.identity.signOut({}),
    onSuccess: leave,
    onError: (error) => {
      if (asProblem(error).status === 401) return leave()
      // Whoever walks away must know that the session goes on.
      toast({ title: t('shell.signOutFailed'), tone: 'danger' })
    },
  })
  if (!me) return null
  return (
    <Menu
      label={t('shell.profile')}
      placement="bottom end"
      trigger={
        <Button
          aria-label={t('shell.profile')}
          className="grid size-8 shrink-0 place-items-center rounded-full"
        >
          <Avatar name={me.user.name} size={26} />
        </Button>
      }
      head={
        <div className="flex flex-col gap-2">
          <span className="flex flex-col">
            <span className="truncate font-medium">{me.user.name}</span>
            <span className="truncate text-xs text-muted">{me.user.email}</span>
          </span>
          <ThemeSwitch />
        </div>
      }
      groups={[
        {
          id: 'account',
          items: [
            {
              id: 'account',
              label: t('shell.account'),
              icon: UserRound,
              onAction: () => void router.navigate({ to: '/account' }),
            },
            ...(me.user.platformAdmin
              ? [
                  {
                    id: 'identity-providers',
                    label: t('shell.identityProviders'),
                    icon: KeyRound,
                    onAction: () => void router.navigate({ to: '/identity-providers' }),
                  },
                  {
                    id: 'sign-in-rules',
                    label: t('shell.signInRules'),
                    icon: DoorClosed,
                    onAction: () => void router.navigate({ to: '/sign-in-rules' }),
                  },
                  {
                    id: 'blocklist',
                    label: t('shell.blocklist'),
                    icon: Ban,
                    onAction: () => void router.navigate({ to: '/blocklist' }),
                  },
                  {
                    id: 'certificates',
                    label: t('shell.certificates'),
                    icon: ShieldCheck,
                    onAction: () => void router.navigate({ to: '/certificates', search: {} }),
                  },
                  {
                    id: 'event-sinks',
                    label: t('shell.eventSinks'),
                    icon: Radio,
                    onAction: () => void router.navigate({ to: '/event-sinks' }),
                  },
                ]
              : []),
            { id: 'sign-out', label: t('shell.signOut'), icon: LogOut, onAction: () => signOut.mutate() },
          ],
        },
      ]}
    />
  )
}
