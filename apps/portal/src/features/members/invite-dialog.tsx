// Invites someone: an email address and a role make a link that is shown once.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { CopyField } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { groupsOf } from './queries.ts'
import { RoleChoice } from './role-choice.tsx'

export function InviteDialog({ tenant, onClose }: { tenant: string; onClose(): void }) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState('developer')
  const [groups, setGroups] = useState('')
  const [isAsked, setAsked] = useState(false)
  const isEmail = /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim())
  const invite = useMutation({
    mutationFn: () => client.tenancy.invite({ tenant, email: email.trim(), role, groups: groupsOf(groups) }),
    onSuccess: () =>
      Promise.all(
        [orpc.tenancy.key(), orpc.roles.key()].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      ),
  })
  if (invite.data) {
    return (
      <Dialog
        isOpen
        onClose={onClose}
        title={t('members.invited', { email: invite.data.email })}
        sentence={t('members.linkHelp')}
        footer={
          <Button variant="primary" onPress={onClose}>
            {t('close')}
          </Button>
        }
      >
        <CopyField
          label={t('members.link')}
          value={`${location.origin}/sign-up?invitation=${encodeURIComponent(invite.data.secret)}`}
        />
      </Dialog>
    )
  }
  const submit = () => {
    setAsked(true)
    if (isEmail) invite.mutate()
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('members.inviteTitle')}
      sentence={t('members.inviteSentence')}
      footer={
        <Button variant="primary" isPending={invite.isPending} onPress={submit}>
          {t('members.send')}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <TextField
          label={t('members.email')}
          type="email"
          error={isAsked && !isEmail ? t('members.emailInvalid') : undefined}
          value={email}
          onChange={setEmail}
          autoFocus
        />
        <RoleChoice tenant={tenant} value={role} onChange={setRole} />
        <TextField
          label={t('members.groups')}
          aside={t('optional')}
          help={t('members.groupsHelp')}
          value={groups}
          onChange={setGroups}
        />
        <ProblemNote problem={invite.error} />
      </form>
    </Dialog>
  )
}
