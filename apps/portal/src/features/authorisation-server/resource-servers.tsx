// Who may ask what a token is worth: gateways with opaque tokens, and servers that check tokens themselves.

import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAttempts } from '../../api/attempt.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { CopyField, SecretReveal } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { RemoveDialog } from '../../ui/remove-dialog.tsx'
import { Loaded } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import {
  type ResourceServer,
  resourceServersQuery,
  useAddResourceServer,
  useRemoveResourceServer,
} from './queries.ts'

export function ResourceServers({ tenant }: { tenant: string }) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const query = useQuery({ ...resourceServersQuery(tenant), enabled: may('api:read') })
  const remove = useRemoveResourceServer(tenant)
  const [isAdding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<ResourceServer>()
  const isEditable = may('tenant:write')
  return (
    <Section
      title={t('authorisation.resourceServers')}
      sentence={t('authorisation.resourceServersSentence')}
      actions={
        isEditable ? (
          <Button icon={Plus} onPress={() => setAdding(true)}>
            {t('authorisation.addResourceServer')}
          </Button>
        ) : null
      }
    >
      <Loaded query={query}>
        {({ data }) =>
          data.length === 0 ? null : (
            <ul className="flex flex-col divide-y divide-line rounded-lg border border-line bg-surface">
              {data.map((row) => (
                <li key={row.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
                  <span className="flex min-w-0 flex-1 flex-col">
                    <span className="truncate font-medium">{row.name}</span>
                    <code className="truncate text-sm text-faint">{row.id}</code>
                  </span>
                  <span className="text-sm text-muted">
                    <Time at={row.createdAt} />
                  </span>
                  {isEditable ? (
                    <Button size="sm" variant="danger-quiet" onPress={() => setLeaving(row)}>
                      {t('authorisation.removeResourceServer')}
                    </Button>
                  ) : null}
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {isAdding ? <AddDialog tenant={tenant} onClose={() => setAdding(false)} /> : null}
      {leaving ? (
        <RemoveDialog
          input={leaving.id}
          removal={remove}
          title={t('authorisation.removeResourceServerTitle', { name: leaving.name })}
          detail={t('authorisation.removeResourceServerDetail')}
          action={t('authorisation.removeResourceServer')}
          done={() => ({ title: t('authorisation.removedResourceServer') })}
          onClose={() => setLeaving(undefined)}
        />
      ) : null}
    </Section>
  )
}

function AddDialog({ tenant, onClose }: { tenant: string; onClose(): void }) {
  const { t } = useTranslation('admin')
  const add = useAddResourceServer(tenant)
  const { keyOf } = useAttempts()
  const [name, setName] = useState('')
  const [isCopied, setCopied] = useState(false)
  const made = add.data
  return (
    <Dialog
      isOpen
      isLocked={made !== undefined && !isCopied}
      onClose={onClose}
      title={t('authorisation.addResourceServer')}
      sentence={t('authorisation.addResourceServerSentence')}
      footer={
        made ? (
          <Button variant="primary" isDisabled={!isCopied} onPress={onClose}>
            {t('authorisation.done')}
          </Button>
        ) : (
          <>
            <Button onPress={onClose}>{t('authorisation.cancel')}</Button>
            <Button
              variant="primary"
              isPending={add.isPending}
              isDisabled={name.trim() === ''}
              onPress={() => add.mutate({ name: name.trim(), attempt: keyOf(name.trim()) })}
            >
              {t('authorisation.addResourceServer')}
            </Button>
          </>
        )
      }
    >
      {made ? (
        <div className="flex flex-col gap-3">
          <CopyField value={made.id} label={t('authorisation.clientId')} />
          <SecretReveal
            secret={made.secret}
            label={t('authorisation.secret')}
            onCopied={() => setCopied(true)}
          />
        </div>
      ) : (
        <div className="flex flex-col gap-4">
          <TextField
            label={t('authorisation.name')}
            value={name}
            onChange={setName}
            maxLength={100}
            isRequired
          />
          <ProblemNote problem={add.error} />
        </div>
      )}
    </Dialog>
  )
}
