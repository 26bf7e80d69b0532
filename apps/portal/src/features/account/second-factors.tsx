// Second factors: an authenticator app, passkeys, and the recovery codes for the day they are gone.

import { useQuery } from '@tanstack/react-query'
import { Fingerprint, LifeBuoy, Smartphone } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Card, Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Skeleton } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { AppDialog } from './app-dialog.tsx'
import {
  factorsQuery,
  type Passkey,
  useRemoveApp,
  useRemovePasskey,
  useRenewCodes,
} from './factor-queries.ts'
import { PasskeyDialog } from './passkey-dialog.tsx'
import { RecoveryCodesDialog } from './recovery-codes.tsx'

type Open = 'app' | 'passkey' | 'removeApp' | 'renew' | Passkey | undefined

export function SecondFactors() {
  const { t } = useTranslation('account')
  const query = useQuery(factorsQuery())
  const [open, setOpen] = useState<Open>()
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const removeApp = useRemoveApp()
  const removePasskey = useRemovePasskey()
  const renew = useRenewCodes()
  const close = () => {
    setOpen(undefined)
    for (const mutation of [removeApp, removePasskey, renew]) mutation.reset()
  }
  const factors = query.data
  const passkey = typeof open === 'object' ? open : undefined
  const hasFactor = factors !== undefined && (factors.app !== null || factors.passkeys.length > 0)
  const added = (recoveryCodes: readonly string[] | null, title: string) => {
    close()
    toast({ title })
    setCodes(recoveryCodes)
  }
  return (
    <Section
      title={
        <span className="flex items-center gap-2">
          {t('factors.title')}
          {factors?.required && !hasFactor ? <Badge tone="warning">{t('factors.required')}</Badge> : null}
        </span>
      }
      sentence={t('factors.sentence')}
    >
      <ProblemNote problem={query.error} />
      <Card className="flex flex-col divide-y divide-line p-0!">
        {factors ? (
          <>
            <Row
              icon={Smartphone}
              title={t('factors.app')}
              detail={
                factors.app ? (
                  <>
                    {t('factors.since')} <Time at={factors.app.createdAt} />
                  </>
                ) : (
                  t('factors.appDetail')
                )
              }
              action={
                factors.app ? (
                  <Button size="sm" variant="danger-quiet" onPress={() => setOpen('removeApp')}>
                    {t('factors.remove')}
                  </Button>
                ) : (
                  <Button size="sm" onPress={() => setOpen('app')}>
                    {t('factors.setUp')}
                  </Button>
                )
              }
            />
            {factors.passkeys.map((row) => (
              <Row
                key={row.id}
                icon={Fingerprint}
                title={row.name}
                detail={
                  <>
                    {row.backedUp ? t('factors.synced') : t('factors.oneDevice')} ·{' '}
                    {row.lastUsedAt ? (
                      <>
                        {t('factors.used')} <Time at={row.lastUsedAt} />
                      </>
                    ) : (
                      t('factors.neverUsed')
                    )}
                  </>
                }
                action={
                  <Button
                    size="sm"
                    variant="danger-quiet"
                    aria-label={t('factors.removeNamed', { name: row.name })}
                    onPress={() => setOpen(row)}
                  >
                    {t('factors.remove')}
                  </Button>
                }
              />
            ))}
            <Row
              icon={Fingerprint}
              title={factors.passkeys.length === 0 ? t('factors.passkey') : t('factors.anotherPasskey')}
              detail={t('factors.passkeyDetail')}
              action={
                <Button size="sm" onPress={() => setOpen('passkey')}>
                  {t('factors.add')}
                </Button>
              }
            />
            {hasFactor ? (
              <Row
                icon={LifeBuoy}
                title={t('factors.recovery')}
                detail={t('factors.recoveryLeft', { count: factors.recoveryCodesLeft })}
                action={
                  <Button size="sm" onPress={() => setOpen('renew')}>
                    {t('factors.renew')}
                  </Button>
                }
              />
            ) : null}
          </>
        ) : (
          <div className="p-4">
            <Skeleton className="h-10" />
          </div>
        )}
      </Card>
      {open === 'app' ? (
        <AppDialog onClose={close} onAdded={(recoveryCodes) => added(recoveryCodes, t('factors.appAdded'))} />
      ) : null}
      {open === 'passkey' ? (
        <PasskeyDialog
          onClose={close}
          onAdded={(recoveryCodes) => added(recoveryCodes, t('factors.passkeyAdded'))}
        />
      ) : null}
      {codes ? <RecoveryCodesDialog codes={codes} onClose={() => setCodes(null)} /> : null}
      <AlertDialog
        isOpen={open === 'removeApp'}
        onClose={close}
        title={t('factors.removeAppTitle')}
        action={t('factors.remove')}
        isPending={removeApp.isPending}
        problem={removeApp.error}
        onConfirm={() => removeApp.mutate(undefined, { onSuccess: close })}
      >
        {t('factors.removeDetail')}
      </AlertDialog>
      <AlertDialog
        isOpen={passkey !== undefined}
        onClose={close}
        title={t('factors.removePasskeyTitle', { name: passkey?.name ?? '' })}
        action={t('factors.remove')}
        isPending={removePasskey.isPending}
        problem={removePasskey.error}
        onConfirm={() => {
          if (passkey) removePasskey.mutate(passkey.id, { onSuccess: close })
        }}
      >
        {t('factors.removeDetail')}
      </AlertDialog>
      <AlertDialog
        isOpen={open === 'renew'}
        onClose={close}
        title={t('factors.renewTitle')}
        action={t('factors.renew')}
        isPending={renew.isPending}
        problem={renew.error}
        onConfirm={() =>
          renew.mutate(undefined, {
            onSuccess: ({ recoveryCodes }) => {
              close()
              setCodes(recoveryCodes)
            },
          })
        }
      >
        {t('factors.renewDetail')}
      </AlertDialog>
    </Section>
  )
}

function Row({
  icon: Icon,
  title,
  detail,
  action,
}: {
  icon: typeof Smartphone
  title: string
  detail: ReactNode
  action: ReactNode
}) {
  return (
    <div className="flex items-center gap-3 px-4 py-3">
      <Icon size={18} aria-hidden className="shrink-0 text-muted" />
      <span className="flex min-w-0 flex-1 flex-col">
        <span className="font-medium break-words">{title}</span>
        <span className="text-sm text-muted">{detail}</span>
      </span>
      {action}
    </div>
  )
}
