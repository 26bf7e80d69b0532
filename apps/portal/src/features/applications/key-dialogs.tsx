// Dialogs that end with a fresh key: issue and rotate. They do not close before the key was copied.

import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import { chooseStage, environmentsQuery } from '../../api/environments.ts'
import { Button } from '../../ui/button.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { SecretReveal } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
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
  const environments = useQuery(environmentsQuery())
  const issue = useIssueKey(tenant, application)
  const [name, setName] = useState(t('keys.defaultName'))
  const [picked, setPicked] = useState<string>()
  const [life, setLife] = useState<Life>('never')
  const { keyOf } = useAttempts()
  // Lives are counted from here, so that a repeated press asks for the very same key.
  const [openedAt] = useState(() => Date.now())
  const all = environments.data?.data ?? []
  const environment = chooseStage(all, picked)?.name
  const days = lives[life]
  return (
    <KeyDialog
      issued={issue.data}
      onClose={onClose}
      title={t('keys.new')}
      sentence={t('keys.newSentence')}
      footer={
        <Button
          variant="primary"
          isPending={issue.isPending}
          isDisabled={!environment || name.trim() === ''}
          onPress={() => {
            if (!environment) return
            const expiresAt = days === null ? null : new Date(openedAt + days * 86_400_000).toISOString()
            const wish = { environment, name: name.trim(), expiresAt }
            issue.mutate({ ...wish, attempt: keyOf(wish) })
          }}
        >
          {t('keys.create')}
        </Button>
      }
    >
      <TextField
        label={t('keys.name')}
        help={t('keys.nameHelp')}
        value={name}
        onChange={setName}
        isRequired
      />
      <Select
        label={t('keys.environment')}
        options={all.map((one) => ({
          value: one.name,
          label: one.title,
          ...(one.production ? { detail: t('keys.production') } : {}),
        }))}
        value={environment ?? null}
        onChange={setPicked}
      />
      <Select
        label={t('keys.expires')}
        options={(Object.keys(lives) as Life[]).map((value) => ({ value, label: t(`keys.lives.${value}`) }))}
        value={life}
        onChange={setLife}
      />
      <ProblemNote problem={issue.error} />
    </KeyDialog>
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
  return (
    <KeyDialog
      issued={rotate.data}
      note={
        overlap === '0' ? t('keys.oldEnded') : t('keys.oldWorks', { time: t(`keys.overlapTimes.${overlap}`) })
      }
      onClose={onClose}
      title={t('keys.rotateTitle', { key: credential.name })}
      sentence={t('keys.rotateSentence')}
      footer={
        <Button
          variant="primary"
          isPending={rotate.isPending}
          onPress={() =>
            rotate.mutate({
              credential: credential.id,
              overlapSeconds: Number(overlap),
              attempt: keyOf(overlap),
            })
          }
        >
          {t('keys.rotateAction')}
        </Button>
      }
    >
      <RadioGroup
        label={t('keys.overlap')}
        options={overlaps.map((value) => ({ value, label: t(`keys.overlaps.${value}`) }))}
        value={overlap}
        onChange={setOverlap}
      />
      <ProblemNote problem={rotate.error} />
    </KeyDialog>
  )
}

function KeyDialog({
  issued,
  note,
  onClose,
  title,
  sentence,
  footer,
  children,
}: {
  issued: Issued | undefined
  /** Under the fresh key. */
  note?: string
  onClose(): void
  title: string
  sentence: string
  footer: ReactNode
  children: ReactNode
}) {
  const { t } = useTranslation('developer')
  const format = useFormat()
  const [isCopied, setCopied] = useState(false)
  if (!issued) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={title}
        sentence={sentence}
        footer={
          <>
            <Button onPress={onClose}>{t('keys.cancel')}</Button>
            {footer}
          </>
        }
      >
        <div className="flex flex-col gap-4">{children}</div>
      </Dialog>
    )
  }
  return (
    <Dialog
      isOpen
      isLocked={!isCopied}
      onClose={onClose}
      title={t('keys.ready')}
      sentence={t('keys.readySentence', { environment: issued.environment })}
      footer={
        <>
          {isCopied ? null : <span className="mr-auto text-sm text-muted">{t('access.copyFirst')}</span>}
          <Button variant="primary" isDisabled={!isCopied} onPress={onClose}>
            {t('access.done')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <SecretReveal secret={issued.key} label={t('keys.key')} onCopied={() => setCopied(true)} />
        {note ? <p className="text-muted">{note}</p> : null}
        {issued.expiresAt ? (
          <p className="text-muted">{t('keys.expiresAt', { time: format.dateTime(issued.expiresAt) })}</p>
        ) : null}
      </div>
    </Dialog>
  )
}
