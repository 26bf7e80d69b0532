// Makes a role, from nothing or from a copy, or changes one; what would change is said before it does.

import { type Permission, permissionNames, permissions } from '@gatewright/shared/model/role'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { errorsByPath } from '../../forms/field-problems.ts'
import { slugOf } from '../../forms/slug.ts'
import { isStale, StaleDialog } from '../../forms/stale-dialog.tsx'
import { differenceOf, type RoleView } from '../../roles/use-roles.ts'
import { Button } from '../../ui/button.tsx'
import { ChangeList } from '../../ui/change-list.tsx'
import { Drawer } from '../../ui/dialog.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { toast } from '../../ui/toast.tsx'
import { PermissionPicker } from './permission-picker.tsx'

interface RoleEditorProps {
  readonly tenant: string
  readonly roles: readonly RoleView[]
  /** The role that is changed; undefined makes one. */
  readonly role: RoleView | undefined
  /** What a new one starts from. */
  readonly from: RoleView | undefined
  onClose(): void
}

const nothing = 'nothing'

export function RoleEditor({ tenant, roles, role, from, onClose }: RoleEditorProps) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const queryClient = useQueryClient()
  const startOf = (one: RoleView | undefined): ReadonlySet<Permission> =>
    new Set(['tenant:read', ...(one?.permissions.filter((permission) => role || may(permission)) ?? [])])
  const [source, setSource] = useState(from?.name ?? nothing)
  const [title, setTitle] = useState(role?.title ?? (from ? t('roles.copyOf', { role: from.title }) : ''))
  const [typedName, setTypedName] = useState<string>()
  const [description, setDescription] = useState(role?.description ?? '')
  const [held, setHeld] = useState(() => startOf(role ?? from))
  const name = role?.name ?? typedName ?? slugOf(title)
  const chosen = permissionNames.filter((permission) => held.has(permission))
  const difference = differenceOf(role?.permissions ?? [], chosen)
  const isSame =
    role !== undefined &&
    role.title === title.trim() &&
    role.description === description.trim() &&
    difference.added.length + difference.removed.length === 0
  const save = useMutation({
    mutationFn: (version: number | undefined) => {
      const settings = { title: title.trim(), description: description.trim(), permissions: chosen }
      return role?.own
        ? client.roles.update({ tenant, role: role.own.id, ...settings }, { context: { ifMatch: version } })
        : client.roles.create({ tenant, name, ...settings })
    },
    onSuccess: async (saved) => {
      toast({ title: t(role ? 'roles.changed' : 'roles.made', { role: saved.title }) })
      onClose()
      // One’s own role may be the one that changed.
      await queryClient.invalidateQueries({ queryKey: ['session'] })
      await queryClient.invalidateQueries({ queryKey: orpc.roles.key() })
    },
  })
  const takeTheirs = async () => {
    await queryClient.invalidateQueries({ queryKey: orpc.roles.key() })
    onClose()
  }
  const errors = errorsByPath(save.error)
  const copied = (value: string) => {
    setSource(value)
    setHeld(startOf(roles.find((one) => one.name === value)))
  }
  return (
    <Drawer
      isOpen
      size="lg"
      onClose={onClose}
      title={role ? t('roles.editTitle', { role: role.title }) : t('roles.newTitle')}
      sentence={role?.uses?.members ? t('roles.reach', { count: role.uses.members }) : t('roles.newSentence')}
      footer={
        <>
          {role && !isSame ? (
            <span className="mr-auto text-sm text-muted">
              {t('roles.sum', { added: difference.added.length, removed: difference.removed.length })}
            </span>
          ) : null}
          <Button onPress={onClose}>{t('cancel')}</Button>
          <Button
            variant="primary"
            isPending={save.isPending}
            isDisabled={title.trim() === '' || isSame}
            onPress={() => save.mutate(role?.own?.version)}
          >
            {t(role ? 'roles.save' : 'roles.make')}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {role ? null : (
          <Select
            label={t('roles.startFrom')}
            value={source}
            onChange={copied}
            options={[
              { value: nothing, label: t('roles.fromNothing') },
              ...roles.map((one) => ({ value: one.name, label: one.title, detail: one.description })),
            ]}
          />
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label={t('roles.title')}
            value={title}
            onChange={setTitle}
            error={errors.get('/title')}
            autoFocus={!role}
          />
          <TextField
            label={t('roles.name')}
            help={t('roles.nameHelp')}
            value={name}
            onChange={setTypedName}
            isReadOnly={role !== undefined}
            error={errors.get('/name')}
            mono
          />
        </div>
        <TextField
          label={t('roles.description')}
          aside={t('optional')}
          help={t('roles.descriptionHelp')}
          value={description}
          onChange={setDescription}
          error={errors.get('/description')}
        />
        <PermissionPicker held={held} may={may} onChange={setHeld} error={errors.get('/permissions')} />
        {role ? <Difference {...difference} /> : null}
        {isStale(save.error) ? null : <ProblemNote problem={save.error} />}
      </div>
      <StaleDialog
        problem={save.error}
        onClose={() => save.reset()}
        onTakeTheirs={() => void takeTheirs()}
        onKeepMine={(version) => save.mutate(version)}
      />
    </Drawer>
  )
}

function Difference({ added, removed }: ReturnType<typeof differenceOf>) {
  const { t } = useTranslation('admin')
  if (added.length + removed.length === 0) return null
  return (
    <section aria-live="polite" className="flex flex-col gap-2">
      <h3 className="font-medium">{t('roles.difference')}</h3>
      <ChangeList
        changes={[
          ...added.map((permission) => ({ kind: 'added' as const, what: permissions[permission] })),
          ...removed.map((permission) => ({ kind: 'removed' as const, what: permissions[permission] })),
        ]}
      />
    </section>
  )
}
