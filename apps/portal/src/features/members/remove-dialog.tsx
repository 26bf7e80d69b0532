// Removing a member: what becomes of the applications that they own is asked, never assumed.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { useMe } from '../../api/session.ts'
import { useRoles } from '../../roles/use-roles.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { toast } from '../../ui/toast.tsx'
import type { Member } from './queries.ts'

interface RemoveDialogProps {
  tenant: string
  member: Member
  onClose(): void
}

/** One page is enough to name a successor and to count what is at stake. */
const most = 200

export function RemoveDialog({ tenant, member, onClose }: RemoveDialogProps) {
  const { t } = useTranslation('admin')
  const me = useMe()
  const queryClient = useQueryClient()
  const [fate, setFate] = useState<'end' | 'handOver'>('end')
  const [chosen, setChosen] = useState<Member['id']>()
  const owned = useQuery(
    orpc.applications.list.queryOptions({ input: { tenant, owner: member.user.id, limit: most } }),
  )
  const members = useQuery(orpc.tenancy.members.queryOptions({ input: { tenant, limit: most } }))
  const owners = new Set(
    useRoles(tenant)
      .roles.filter(({ permissions }) => permissions.includes('application:own'))
      .map(({ name }) => name),
  )
  const heirs = (members.data?.data ?? []).filter(({ id, role }) => id !== member.id && owners.has(role))
  const heir =
    heirs.find(({ id }) => id === chosen) ?? heirs.find(({ user }) => user.id === me?.user.id) ?? heirs[0]
  const applications = owned.data?.data ?? []
  const titles = applications.map(({ title }) => title)
  const remove = useMutation({
    mutationFn: async () => {
      const at = { tenant, member: member.id }
      if (fate === 'handOver' && heir && applications.length > 0)
        await client.tenancy.handOver({ ...at, to: heir.id })
      await client.tenancy.removeMember(at, { context: { ifMatch: member.version } })
    },
    onSuccess: async () => {
      toast({ title: t('members.removed', { name: member.user.name }) })
      onClose()
      await Promise.all(
        [orpc.tenancy.key(), orpc.applications.key(), orpc.subscriptions.key()].map((queryKey) =>
          queryClient.invalidateQueries({ queryKey }),
        ),
      )
    },
  })
  return (
    <AlertDialog
      isOpen
      onClose={onClose}
      title={t('members.removeTitle', { name: member.user.name })}
      action={t('members.remove')}
      onConfirm={() => remove.mutate()}
      isPending={remove.isPending || owned.isPending || members.isPending}
      problem={remove.error}
    >
      <div className="flex flex-col gap-4">
        <p>
          {t('members.removeDetail')}{' '}
          {applications.length > 0
            ? t('members.applications', { count: applications.length, titles: titles.join(', ') })
            : null}
        </p>
        <ProblemNote problem={owned.error ?? members.error} />
        {applications.length > 0 ? (
          <RadioGroup
            label={t('members.fate')}
            value={fate}
            onChange={setFate}
            options={[
              { value: 'end', label: t('members.endAccess'), detail: t('members.endAccessHelp') },
              {
                value: 'handOver',
                label: t('members.handOver'),
                detail: t('members.handOverHelp', { name: member.user.name }),
                isDisabled: heir === undefined,
              },
            ]}
          />
        ) : null}
        {applications.length > 0 && fate === 'handOver' && heir ? (
          <Select
            label={t('members.heir')}
            options={heirs.map(({ id, user }) => ({ value: id, label: user.name, detail: user.email }))}
            value={heir.id}
            onChange={setChosen}
          />
        ) : null}
      </div>
    </AlertDialog>
  )
}
