// Journey J7: who may do what and why, the role matrix, and the tenant's own roles.

import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../api/session.ts'
import { type RoleView, useRoles } from '../../roles/use-roles.ts'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/page.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'
import { AccessExplainer } from './access-explainer.tsx'
import { DeleteRoleDialog } from './delete-role-dialog.tsx'
import { RoleEditor } from './role-editor.tsx'
import { RoleMatrix } from './role-matrix.tsx'

/** Names, as the address has them: the role that is edited, or that one is made, perhaps from another. */
interface Opened {
  readonly role?: string | undefined
  readonly make?: true | undefined
  readonly from?: string | undefined
}

interface RolesProps {
  readonly tenant: string
  readonly open: Opened
  onOpen(next: Opened): void
}

export function Roles({ tenant, open, onOpen }: RolesProps) {
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const { roles, problem } = useRoles(tenant)
  const named = (name: string | undefined) => roles.find((role) => role.name === name)
  const editing = named(open.role)
  const from = named(open.from)
  // A copy waits until it is known what of.
  const isMaking = open.make && (open.from === undefined || from !== undefined)
  const [deleting, setDeleting] = useState<RoleView>()
  return (
    <div className="flex flex-col gap-8">
      <AccessExplainer tenant={tenant} />
      <Section
        title={t('members.matrix')}
        sentence={t('members.matrixSentence')}
        actions={
          may('role:write') ? (
            <Button icon={Plus} onPress={() => onOpen({ make: true })}>
              {t('roles.new')}
            </Button>
          ) : null
        }
      >
        <ProblemNote problem={problem} />
        <RoleMatrix
          roles={roles}
          mayWrite={may('role:write')}
          onEdit={({ name }) => onOpen({ role: name })}
          onCopy={({ name }) => onOpen({ make: true, from: name })}
          onDelete={setDeleting}
        />
      </Section>
      {may('role:write') && (editing?.own || isMaking) ? (
        <RoleEditor tenant={tenant} roles={roles} role={editing} from={from} onClose={() => onOpen({})} />
      ) : null}
      {deleting?.own ? (
        <DeleteRoleDialog
          tenant={tenant}
          role={named(deleting.name)?.own ?? deleting.own}
          roles={roles}
          onClose={() => setDeleting(undefined)}
        />
      ) : null}
    </div>
  )
}
