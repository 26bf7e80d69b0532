// What each role may do: permissions as rows, roles as columns; where that is too wide, one role at a time.

import { type Permission, permissions } from '@gatewright/shared/model/role'
import { Check, Copy, Ellipsis, PencilLine, Trash2 } from 'lucide-react'
import { Fragment, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RoleView } from '../../roles/use-roles.ts'
import { Badge } from '../../ui/badge.tsx'
import { IconButton } from '../../ui/button.tsx'
import { Menu, type MenuAction } from '../../ui/menu.tsx'
import { useNarrow } from '../../ui/narrow.ts'
import { ScrollRegion } from '../../ui/scroll-region.tsx'
import { Select } from '../../ui/select.tsx'
import { permissionGroups } from './permission-groups.ts'

export interface RoleActions {
  readonly mayWrite: boolean
  onEdit(role: RoleView): void
  onCopy(role: RoleView): void
  onDelete(role: RoleView): void
}

interface RoleMatrixProps extends RoleActions {
  readonly roles: readonly RoleView[]
}

export function RoleMatrix(props: RoleMatrixProps) {
  return useNarrow(768) ? <OneRole {...props} /> : <WideMatrix {...props} />
}

function WideMatrix({ roles, ...actions }: RoleMatrixProps) {
  const { t } = useTranslation('admin')
  return (
    <ScrollRegion
      label={t('members.matrix')}
      maxHeight="75dvh"
      className="overflow-auto rounded-lg border border-line bg-surface"
    >
      <table className="w-full border-separate border-spacing-0 text-left">
        <thead>
          <tr className="text-xs text-muted">
            <th
              scope="col"
              className="sticky top-0 left-0 z-30 min-w-72 border-b border-line bg-sunken px-4 py-2 align-bottom font-medium"
            >
              {t('members.permission')}
            </th>
            {roles.map((role) => (
              <th
                key={role.name}
                scope="col"
                title={role.description}
                className="sticky top-0 z-20 border-b border-line bg-sunken px-2 py-2 text-center align-bottom font-medium"
              >
                <span className="flex min-w-16 flex-col items-center gap-1">
                  <span className="max-w-36 break-words text-ink">{role.title}</span>
                  {role.own ? <Badge tone="accent">{t('roles.own')}</Badge> : null}
                  {role.uses ? (
                    <span className="whitespace-nowrap">
                      {t('roles.members', { count: role.uses.members })}
                    </span>
                  ) : null}
                  <RoleMenu role={role} {...actions} />
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {permissionGroups.map(({ group, permissions: inGroup }) => (
            <Fragment key={group}>
              <tr>
                <th
                  scope="rowgroup"
                  colSpan={roles.length + 1}
                  className="border-b border-line bg-sunken px-4 py-1.5 text-xs font-semibold text-muted"
                >
                  <span className="sticky left-4">{t(`roles.group.${group}`)}</span>
                </th>
              </tr>
              {inGroup.map((permission) => (
                <tr key={permission} className="group hover:bg-hover">
                  <th
                    scope="row"
                    className="sticky left-0 z-10 border-b border-line bg-surface px-4 py-2 font-normal"
                  >
                    <PermissionText permission={permission} />
                  </th>
                  {roles.map((role) => (
                    <td key={role.name} className="border-b border-line px-2 py-2 text-center">
                      <Mark isAllowed={role.permissions.includes(permission)} />
                    </td>
                  ))}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  )
}

function OneRole({ roles, ...actions }: RoleMatrixProps) {
  const { t } = useTranslation('admin')
  const [chosen, setChosen] = useState<string>()
  const role = roles.find(({ name }) => name === chosen) ?? roles[0]
  if (!role) return null
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-end gap-2">
        <Select
          label={t('members.role')}
          className="min-w-0 flex-1"
          value={role.name}
          onChange={setChosen}
          options={roles.map(({ name, title, description, own }) => ({
            value: name,
            label: title,
            detail: own ? `${t('roles.own')} · ${description}` : description,
          }))}
        />
        <RoleMenu role={role} {...actions} />
      </div>
      <p className="flex flex-wrap items-center gap-2 text-muted">
        {role.own ? <Badge tone="accent">{t('roles.own')}</Badge> : null}
        {role.description}
        {role.uses ? <span>{t('roles.members', { count: role.uses.members })}</span> : null}
      </p>
      {permissionGroups.map(({ group, permissions: inGroup }) => (
        <section key={group} className="rounded-lg border border-line bg-surface">
          <h3 className="border-b border-line bg-sunken px-3 py-1.5 text-xs font-semibold text-muted">
            {t(`roles.group.${group}`)}
          </h3>
          <ul className="divide-y divide-line">
            {inGroup.map((permission) => (
              <li key={permission} className="flex items-start justify-between gap-3 px-3 py-2">
                <PermissionText permission={permission} />
                <Mark isAllowed={role.permissions.includes(permission)} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  )
}

function PermissionText({ permission }: { permission: Permission }) {
  return (
    <span className="flex min-w-0 flex-col">
      {permissions[permission]}
      <code className="text-xs text-faint">{permission}</code>
    </span>
  )
}

function Mark({ isAllowed }: { isAllowed: boolean }) {
  const { t } = useTranslation('admin')
  return isAllowed ? (
    <Check size={16} aria-label={t('members.allowed')} className="inline shrink-0 text-success" />
  ) : (
    <span role="img" aria-label={t('members.notAllowed')} className="text-faint">
      –
    </span>
  )
}

function RoleMenu({ role, mayWrite, onEdit, onCopy, onDelete }: RoleActions & { role: RoleView }) {
  const { t } = useTranslation('admin')
  if (!mayWrite) return null
  const isAbove = !role.isWithinMine
  const above = isAbove ? { isDisabled: true, detail: t('roles.above') } : {}
  const own: MenuAction[] = [
    { id: 'edit', label: t('roles.edit'), icon: PencilLine, onAction: () => onEdit(role), ...above },
    {
      id: 'delete',
      label: t('roles.delete'),
      icon: Trash2,
      isDanger: true,
      isDisabled: isAbove,
      onAction: () => onDelete(role),
    },
  ]
  const label = t('roles.menu', { role: role.title })
  return (
    <Menu
      label={label}
      placement="bottom end"
      trigger={<IconButton size="sm" icon={Ellipsis} label={label} />}
      groups={[
        {
          id: 'role',
          items: [
            { id: 'copy', label: t('roles.copy'), icon: Copy, onAction: () => onCopy(role) },
            ...(role.own ? own : []),
          ],
        },
      ]}
    />
  )
}
