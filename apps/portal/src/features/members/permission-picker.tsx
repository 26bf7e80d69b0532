// Which permissions a role has: grouped, searchable; each brings what it needs.

import { needsOf, type Permission, permissions } from '@gatewright/shared/model/role'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Checkbox } from '../../ui/choice.tsx'
import { SearchField } from '../../ui/text-field.tsx'
import { permissionGroups, withoutPermission, withPermission } from './permission-groups.ts'

interface PermissionPickerProps {
  readonly held: ReadonlySet<Permission>
  /** What the person who edits may do; nobody gives more. */
  may(permission: Permission): boolean
  onChange(held: ReadonlySet<Permission>): void
  readonly error: string | undefined
}

export function PermissionPicker({ held, may, onChange, error }: PermissionPickerProps) {
  const { t } = useTranslation('admin')
  const [search, setSearch] = useState('')
  const words = search.toLowerCase().split(/\s+/)
  const isShown = (permission: Permission) => {
    const text = `${permission} ${permissions[permission]}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const shown = permissionGroups
    .map(({ group, permissions: all }) => ({ group, all, visible: all.filter(isShown) }))
    .filter(({ visible }) => visible.length > 0)
  const helpOf = (permission: Permission) => {
    if (!may(permission)) return t('roles.notYours')
    const needs = [...needsOf(permission)].filter((need) => need !== 'tenant:read')
    if (permission === 'tenant:read') return t('roles.always')
    return needs.length > 0 ? t('roles.needs', { needs: needs.join(', ') }) : undefined
  }
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-medium">{t('roles.permissions', { count: held.size })}</h3>
        <SearchField
          label={t('roles.search')}
          value={search}
          onChange={setSearch}
          className="w-64 max-sm:w-full"
        />
      </div>
      {error ? (
        <p role="alert" className="text-sm text-danger">
          {error}
        </p>
      ) : null}
      {shown.length === 0 ? <p className="text-muted">{t('roles.noneFound')}</p> : null}
      {shown.map(({ group, all, visible }) => (
        <fieldset key={group} className="rounded-lg border border-line p-3">
          <legend className="flex items-center gap-2 px-1 text-sm font-medium">
            {t(`roles.group.${group}`)}
            <span className="font-normal text-faint">
              {t('roles.of', { count: all.filter((one) => held.has(one)).length, all: all.length })}
            </span>
          </legend>
          <div className="flex flex-col gap-2.5">
            {visible.map((permission) => (
              <Checkbox
                key={permission}
                isSelected={held.has(permission)}
                isDisabled={permission === 'tenant:read' || !may(permission)}
                onChange={(isOn) =>
                  onChange(isOn ? withPermission(held, permission) : withoutPermission(held, permission))
                }
                help={helpOf(permission)}
              >
                {permissions[permission]} <code className="text-xs text-faint">{permission}</code>
              </Checkbox>
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  )
}
