// Invitations that nobody accepted yet.

import { type UseQueryResult, useMutation, useQueryClient } from '@tanstack/react-query'
import { MailPlus } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { client, orpc } from '../../api/client.ts'
import { rowsOfList } from '../../api/rows.ts'
import { useRoleTitle } from '../../roles/use-roles.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'

type Invitation = Awaited<ReturnType<typeof client.tenancy.invitations>>['data'][number]

interface InvitationListProps {
  tenant: string
  query: UseQueryResult<{ data: Invitation[] }>
  isEditable: boolean
}

export function InvitationList({ tenant, query, isEditable }: InvitationListProps) {
  const { t } = useTranslation('admin')
  const queryClient = useQueryClient()
  const roleTitle = useRoleTitle(tenant)
  const withdraw = useMutation({
    mutationFn: (invitation: Invitation['id']) => client.tenancy.revokeInvitation({ tenant, invitation }),
    onSuccess: async () => {
      toast({ title: t('members.withdrawn') })
      await queryClient.invalidateQueries({ queryKey: orpc.tenancy.key() })
    },
  })
  const columns: Column<Invitation>[] = [
    {
      id: 'email',
      header: t('members.column2.email'),
      card: 'title',
      cell: (row) => <span className="font-medium">{row.email}</span>,
    },
    {
      id: 'role',
      header: t('members.column.role'),
      width: '10rem',
      card: 'aside',
      cell: (row) => <Badge>{roleTitle(row.role)}</Badge>,
    },
    {
      id: 'by',
      header: t('members.column2.by'),
      cell: (row) => <span className="text-muted">{row.invitedBy}</span>,
    },
    {
      id: 'expires',
      header: t('members.column2.expires'),
      width: '10rem',
      align: 'end',
      cell: (row) => (
        <span className="text-muted">
          <Time at={row.expiresAt} />
        </span>
      ),
    },
    ...(isEditable
      ? [
          {
            id: 'withdraw',
            header: '',
            width: '8rem',
            align: 'end' as const,
            cell: (row: Invitation) => (
              <Button size="sm" isDisabled={withdraw.isPending} onPress={() => withdraw.mutate(row.id)}>
                {t('members.withdraw')}
              </Button>
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <ProblemNote problem={withdraw.error} />
      <DataTable
        label={t('members.tab.invitations')}
        columns={columns}
        source={rowsOfList<Invitation>(query)}
        rowId={(row) => row.id}
        empty={
          <EmptyState
            icon={MailPlus}
            title={t('members.noInvitations')}
            sentence={t('members.noInvitationsSentence')}
          />
        }
      />
    </>
  )
}
