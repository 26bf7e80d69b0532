// Which role somebody gets: the built-in ones, then the tenant's own; those above one's own are shown and cannot be given.

import { useTranslation } from 'react-i18next'
import { useRoles } from '../../roles/use-roles.ts'
import { Badge } from '../../ui/badge.tsx'
import { RadioGroup } from '../../ui/choice.tsx'
import { ProblemNote } from '../../ui/problem-note.tsx'

interface RoleChoiceProps {
  tenant: string
  value: string
  onChange(role: string): void
}

export function RoleChoice({ tenant, value, onChange }: RoleChoiceProps) {
  const { t } = useTranslation('admin')
  const { roles, problem } = useRoles(tenant)
  return (
    <>
      <RadioGroup
        label={t('members.role')}
        value={value}
        onChange={onChange}
        options={roles.map(({ name, title, description, own, isWithinMine }) => ({
          value: name,
          label: own ? (
            <span className="flex items-center gap-2">
              {title} <Badge tone="accent">{t('roles.own')}</Badge>
            </span>
          ) : (
            title
          ),
          detail: isWithinMine ? description : t('roles.above'),
          isDisabled: !isWithinMine,
        }))}
      />
      <ProblemNote problem={problem} />
    </>
  )
}
