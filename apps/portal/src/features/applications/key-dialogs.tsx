// Dialogs that end with a fresh key: issue and rotate. They do not close before the key was copied.

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import { RadioGroup } from '../../ui/choice.tsx'
import { useFormat } from '../../ui/format.ts'
import { Select } from '../../ui/select.tsx'
import { AskDialog, NamingFields, ReadyDialog, useNaming } from './credential-dialogs.tsx'
import { type Credential, type Issued, useIssueKey, useRotateKey } from './queries.ts'

interface Place {
  tenant: string
  application: string
  onClose(): void
}

const lives = { never: null, month: 30, quarter: 90, year: 365 } as const
type Life = keyof typeof lives

export function IssueKeyDialog({ tenant, application, onClose }: Place) {
  const { t } = useTranslation('developer')
  const issue = useIssueKey(tenant, application)
  const naming = useNaming(t('keys.defaultName'))
  const [life, setLife] = useState<Life>('never')
  const { keyOf } = useAttempts()
  // Lives are counted from here, so that a repeated press asks for the very same key.
  const [openedAt] = useState(() => Date.now())
  const { named } = naming
  const days = lives[life]
  if (issue.data) return <KeyReady issued={issue.data} onClose={onClose} />
  return (
    <AskDialog
      title={t('keys.new')}
      sentence={t('keys.newSentence')}
      action={t('keys.create')}
      asked={issue}
      isWhole={named !== undefined}
      onClose={onClose}
      onAsk={() => {
        if (!named) return
        const expiresAt = days === null ? null : new Date(openedAt + days * 86_400_000).toISOString()
        const wish = { ...named, expiresAt }
        issue.mutate({ ...wish, attempt: keyOf(wish) })
      }}
    >
      <NamingFields {...naming} />
      <Select
        label={t('keys.expires')}
        options={(Object.keys(lives) as Life[]).map((value) => ({ value, label: t(`keys.lives.${value}`) }))}
        value={life}
        onChange={setLife}
      />
    </AskDialog>
  )
}

const overlaps = ['0', '300', '3600', '86400', '604800'] as const
type Overlap = (typeof overlaps)[number]

export function RotateKeyDialog({
  tenant,
  application,
  credential,
  onClose,
}: Place & { credential: Credential }) {
  const { t } = useTranslation('developer')
  const rotate = useRotateKey(tenant, application)
  const [overlap, setOverlap] = useState<Overlap>('3600')
  const { keyOf } = useAttempts()
  if (rotate.data) {
    const note =
      overlap === '0' ? t('keys.oldEnded') : t('keys.oldWorks', { time: t(`keys.overlapTimes.${overlap}`) })
    return <KeyReady issued={rotate.data} note={note} onClose={onClose} />
  }
  return (
    <AskDialog
      title={t('keys.rotateTitle', { key: credential.name })}
      sentence={t('keys.rotateSentence')}
      action={t('keys.rotateAction')}
      asked={rotate}
      onClose={onClose}
      onAsk={() =>
        rotate.mutate({
          credential: credential.id,
          overlapSeconds: Number(overlap),
          attempt: keyOf(overlap),
        })
      }
    >
      <RadioGroup
        label={t('keys.overlap')}
        options={overlaps.map((value) => ({ value, label: t(`keys.overlaps.${value}`) }))}
        value={overlap}
        onChange={setOverlap}
      />
    </AskDialog>
  )
}

function KeyReady({ issued, note, onClose }: { issued: Issued; note?: string; onClose(): void }) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  return (
    <ReadyDialog
      title={t('keys.ready')}
      sentence={t('keys.readySentence', { environment: issued.environment })}
      secret={issued.key}
      secretLabel={t('keys.key')}
      copyFirst={t('access.copyFirst')}
      onClose={onClose}
      notes={
        <>
          {note ? <p className="text-muted">{note}</p> : null}
          {issued.expiresAt ? (
            <p className="text-muted">{t('keys.expiresAt', { time: format.dateTime(issued.expiresAt) })}</p>
          ) : null}
        </>
      }
    />
  )
}
