// The members of a tenant; a role is changed in a dialog, and the last owner stays.

import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { Ellipsis, PencilLine, UserMinus, Users } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { rowsOf } from '../../api/rows.ts'
import { useMe } from '../../api/session.ts'
import { useRoles, useRoleTitle } from '../../roles/use-roles.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Button, IconButton } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Menu } from '../../ui/menu.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { groupsOf, type Member, membersQuery } from './queries.ts'
import { RemoveDialog } from './remove-dialog.tsx'
import { RoleChoice } from './role-choice.tsx'

interface MemberListProps {
  tenant: string
  search: string | undefined
  isEditable: boolean
  onSearch(value: string | undefined): void
}

export function MemberList({ tenant, search, isEditable, onSearch }: MemberListProps) {
  const { t } = useTranslation('admin')
  const me = useMe()
  const { roles } = useRoles(tenant)
  const roleTitle = useRoleTitle(tenant)
  const isAbove = (member: Member) =>
    roles.some(({ name, isWithinMine }) => name === member.role && !isWithinMine)
  const source = rowsOf<Member>(useInfiniteQuery(membersQuery(tenant, search)))
  const [changing, setChanging] = useState<Member>()
  const [removing, setRemoving] = useState<Member>()
  const columns: Column<Member>[] = [
    {
      id: 'member',
      header: t('members.column.member'),
      card: 'title',
      cell: (row) => (
        <span className="flex min-w-0 items-center gap-2.5">
          <Avatar name={row.user.name} size={24} />
          <span className="flex min-w-0 items-baseline gap-2 max-sm:flex-col max-sm:gap-0">
            <span className="truncate font-medium">{row.user.name}</span>
            <span className="truncate text-sm text-faint">{row.user.email}</span>
          </span>
          {row.user.id === me?.user.id ? <Badge tone="accent">{t('members.you')}</Badge> : null}
        </span>
      ),
    },
    {
      id: 'role',
      header: t('members.column.role'),
      width: '10rem',
      card: 'aside',
      cell: (row) => <Badge>{roleTitle(row.role)}</Badge>,
    },
    {
      id: 'groups',
      header: t('members.column.groups'),
      cell: (row) =>
        row.groups.length > 0 ? (
          <span className="flex flex-wrap gap-1 max-sm:justify-end">
            {row.groups.map((group) => (
              <Badge key={group}>{group}</Badge>
            ))}
          </span>
        ) : (
          <span className="text-faint">{t('members.noGroups')}</span>
        ),
    },
    {
      id: 'since',
      header: t('members.column.since'),
      width: '9rem',
      align: 'end',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.createdAt} look="date" />
        </span>
      ),
    },
    ...(isEditable
      ? [
          {
            id: 'menu',
            header: '',
            width: '4rem',
            align: 'end' as const,
            cell: (row: Member) => (
              <Menu
                label={t('members.menu', { name: row.user.name })}
                placement="bottom end"
                trigger={
                  <IconButton size="sm" icon={Ellipsis} label={t('members.menu', { name: row.user.name })} />
                }
                groups={[
                  {
                    id: 'member',
                    items: [
                      {
                        id: 'change',
                        label: t('members.change'),
                        icon: PencilLine,
                        ...(isAbove(row) ? { isDisabled: true, detail: t('members.above') } : {}),
                        onAction: () => setChanging(row),
                      },
                      {
                        id: 'remove',
                        label: t('members.remove'),
                        icon: UserMinus,
                        ...(isAbove(row) ? { isDisabled: true } : {}),
                        isDanger: true,
                        onAction: () => setRemoving(row),
                      },
                    ],
                  },
                ]}
              />
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <DataTable
        label={t('members.tab.members')}
        columns={columns}
        source={source}
        rowId={(row) => row.id}
        search={{
          value: search ?? '',
          placeholder: t('members.search'),
          onChange: (value) => onSearch(value || undefined),
        }}
        onClearFilters={search ? () => onSearch(undefined) : undefined}
        empty={<EmptyState icon={Users} title={t('members.empty')} sentence={t('members.emptySentence')} />}
      />
      {changing ? (
        <MemberDialog tenant={tenant} member={changing} onClose={() => setChanging(undefined)} />
      ) : null}
      {removing ? (
        <RemoveDialog tenant={tenant} member={removing} onClose={() => setRemoving(undefined)} />
      ) : null}
    </>
  )
}

function MemberDialog({ tenant, member, onClose }: { tenant: string; member: Member; onClose(): void }) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const roleTitle = useRoleTitle(tenant)
  const [role, setRole] = useState(member.role)
  const [groups, setGroups] = useState(member.groups.join(', '))
  const save = useMutation({
    mutationFn: () =>
      client.tenancy.updateMember(
        { tenant, member: member.id, role, groups: groupsOf(groups) },
        { context: { ifMatch: member.version } },
      ),
    onSuccess: async () => {
      toast({
        title: t('members.changed', { name: member.user.name, role: roleTitle(role) }),
      })
      onClose()
      await Promise.all(
        [orpc.tenancy.key(), orpc.roles.key()].map((queryKey) => queryClient.invalidateQueries({ queryKey })),
      )
    },
  })
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={t('members.changeTitle', { name: member.user.name })}
      sentence={member.user.email}
      footer={
        <Button variant="primary" isPending={save.isPending} onPress={() => save.mutate()}>
          {t('members.save')}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <RoleChoice tenant={tenant} value={role} onChange={setRole} />
        <TextField
          label={t('members.groups')}
          help={t('members.groupsHelp')}
          value={groups}
          onChange={setGroups}
        />
        <ProblemNote problem={save.error} />
      </div>
    </Dialog>
  )
}
