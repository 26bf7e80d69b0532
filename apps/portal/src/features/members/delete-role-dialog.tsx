// Deletes a role; where somebody has it another one takes its place, all at once.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import type { CustomRole, RoleView } from '../../roles/use-roles.ts'
import { AlertDialog } from '../../ui/alert-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { toast } from '../../ui/toast.tsx'

interface DeleteRoleDialogProps {
  readonly tenant: string
  readonly role: CustomRole
  readonly roles: readonly RoleView[]
  onClose(): void
}

export function DeleteRoleDialog({ tenant, role, roles, onClose }: DeleteRoleDialogProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const heirs = roles.filter(({ name, isWithinMine }) => name !== role.name && isWithinMine)
  // The one that takes least from people comes first.
  const kept = ({ permissions }: RoleView) =>
    role.permissions.filter((one) => permissions.includes(one)).length
  const nearest = heirs
    .filter(({ permissions }) => permissions.every((one) => role.permissions.includes(one)))
    .toSorted((a, b) => kept(b) - kept(a))[0]
  const [by, setBy] = useState(nearest?.name ?? null)
  const { members, invitations, mappings } = role.uses
  const isUsed = members + invitations + mappings > 0
  const remove = useMutation({
    mutationFn: () => {
      const context = { context: { ifMatch: role.version } }
      return isUsed && by
        ? client.roles.replace({ tenant, role: role.id, by }, context)
        : client.roles.remove({ tenant, role: role.id }, context)
    },
    onSuccess: async () => {
      toast({ title: t('roles.deleted', { role: role.title }) })
      onClose()
      await queryClient.invalidateQueries({ queryKey: ['session'] })
      await Promise.all(
        [orpc.roles.key(), orpc.tenancy.key()].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      )
    },
    onError: () => queryClient.invalidateQueries({ queryKey: orpc.roles.key() }),
  })
  return (
    <AlertDialog
      isOpen
      onClose={onClose}
      title={t('roles.deleteTitle', { role: role.title })}
      action={t(isUsed ? 'roles.replace' : 'roles.delete')}
      onConfirm={() => remove.mutate()}
      isPending={remove.isPending}
      problem={remove.error}
    >
      {isUsed ? (
        <div className="flex flex-col gap-4">
          <p>{t('roles.used')}</p>
          <ul className="list-disc pl-5">
            {members > 0 ? <li>{t('roles.members', { count: members })}</li> : null}
            {invitations > 0 ? <li>{t('roles.invitations', { count: invitations })}</li> : null}
            {mappings > 0 ? <li>{t('roles.mappings', { count: mappings })}</li> : null}
          </ul>
          <Select
            label={t('roles.heir')}
            value={by}
            onChange={setBy}
            options={heirs.map(({ name, title, description }) => ({
              value: name,
              label: title,
              detail: description,
            }))}
          />
        </div>
      ) : (
        <p>{t('roles.unused')}</p>
      )}
    </AlertDialog>
  )
}
