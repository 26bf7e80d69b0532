// The keys that tokens are signed with: which one signs, which comes next, and the way to another one.

import { RefreshCw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { StateChip } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Checkbox } from '../../ui/choice.tsx'
import { Section } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { type Server, useRotateKeys } from './queries.ts'

const tones = { signing: 'success', next: 'accent', ending: 'neutral' } as const

export function Keys({ tenant, server }: { tenant: string; server: Server }) {
  const { t } = useTranslation('admin')
  const isEditable = useMay(tenant)('tenant:write')
  const rotate = useRotateKeys(tenant)
  const [isAsking, setAsking] = useState(false)
  const [isNow, setNow] = useState(false)
  const close = () => {
    setAsking(false)
    setNow(false)
    rotate.reset()
  }
  return (
    <Section
      title={t('authorisation.keys')}
      sentence={t('authorisation.keysSentence')}
      actions={
        isEditable ? (
          <Button icon={RefreshCw} onPress={() => setAsking(true)}>
            {t('authorisation.rotate')}
          </Button>
        ) : null
      }
    >
      <ul className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
        {server.keys.map((key) => (
          <li key={key.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
            <code className="min-w-0 flex-1 truncate text-sm">{key.id}</code>
            <span className="text-sm text-muted">
              {key.state === 'next' ? (
                <>
                  {t('authorisation.signsFrom')} <Time at={key.signsFrom} />
                </>
              ) : key.endsAt ? (
                <>
                  {t('authorisation.endsAt')} <Time at={key.endsAt} />
                </>
              ) : null}
            </span>
            <StateChip tone={tones[key.state]}>{t(`authorisation.keyStates.${key.state}`)}</StateChip>
          </li>
        ))}
      </ul>
      <AlertDialog
        isOpen={isAsking}
        onClose={close}
        title={t('authorisation.rotateTitle')}
        action={t('authorisation.rotateAction')}
        tone={isNow ? 'danger' : 'primary'}
        isPending={rotate.isPending}
        problem={rotate.error}
        onConfirm={() =>
          rotate.mutate(isNow, {
            onSuccess: () => {
              toast({ title: t('authorisation.rotated') })
              close()
            },
          })
        }
      >
        <span className="flex flex-col gap-4">
          {t('authorisation.rotateDetail')}
          <Checkbox isSelected={isNow} onChange={setNow} help={t('authorisation.rotateNowHelp')}>
            {t('authorisation.rotateNow')}
          </Checkbox>
        </span>
      </AlertDialog>
    </Section>
  )
}
