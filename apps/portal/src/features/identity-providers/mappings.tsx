// What the provider's groups mean here: in each tenant, the first line that fits decides.

import { useQuery } from '@tanstack/react-query'
import { Plus, X } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useRoles } from '../../roles/use-roles.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Select } from '../../ui/select.tsx'
import { TextField } from '../../ui/text-field.tsx'
import { type Draft, type Mapping, tenantsQuery } from './queries.ts'

export function Mappings({
  draft: { groupsClaim, roleMappings },
  onChange,
  errors,
}: {
  draft: Draft
  onChange(part: Partial<Draft>): void
  errors: ReadonlyMap<string, string>
}) {
  const { t } = useTranslation(['platform', 'admin'])
  const tenants = useQuery(tenantsQuery()).data?.data ?? []
  const set = (at: number, part: Partial<Mapping>) =>
    onChange({ roleMappings: roleMappings.map((line, i) => (i === at ? { ...line, ...part } : line)) })
  return (
    <fieldset className="flex flex-col gap-3 rounded-lg border border-line p-3">
      <legend className="px-1 font-medium">{t('provider.groups')}</legend>
      <p className="text-sm text-muted">{t('provider.groupsSentence')}</p>
      <TextField
        label={t('provider.groupsClaim')}
        help={t('provider.groupsClaimHelp')}
        error={errors.get('/groupsClaim')}
        value={groupsClaim}
        onChange={(next) => onChange({ groupsClaim: next })}
        mono
      />
      {roleMappings.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line has no name of its own, and lines do not change places
        <fieldset key={i} className="flex items-start gap-2 max-sm:flex-wrap">
          <legend className="sr-only">{t('provider.mapping', { number: i + 1 })}</legend>
          <TextField
            label={t('provider.group')}
            labelHidden={i > 0}
            error={errors.get(`/roleMappings/${i}/group`)}
            value={line.group}
            onChange={(group) => set(i, { group })}
            className="min-w-0 flex-1 basis-32"
          />
          <Select
            label={t('provider.tenant')}
            labelHidden={i > 0}
            error={errors.get(`/roleMappings/${i}/tenant`)}
            options={tenants.map(({ name: value, title: label }) => ({ value, label }))}
            value={line.tenant}
            onChange={(tenant) => set(i, { tenant })}
            className="min-w-0 flex-1 basis-28"
          />
          <RoleOf
            line={line}
            isFirst={i === 0}
            error={errors.get(`/roleMappings/${i}/role`)}
            onChange={(role) => set(i, { role })}
          />
          <IconButton
            icon={X}
            label={t('provider.removeMapping', { number: i + 1 })}
            onPress={() => onChange({ roleMappings: roleMappings.filter((_, other) => other !== i) })}
            className={i === 0 ? 'mt-6' : ''}
          />
        </fieldset>
      ))}
      <Button
        size="sm"
        icon={Plus}
        className="self-start"
        onPress={() =>
          onChange({
            groupsClaim: groupsClaim || 'groups',
            roleMappings: [
              ...roleMappings,
              { group: '', tenant: roleMappings.at(-1)?.tenant ?? tenants[0]?.name ?? '', role: 'developer' },
            ],
          })
        }
      >
        {t('provider.addMapping')}
      </Button>
    </fieldset>
  )
}

/** The roles are those of the line's tenant. */
function RoleOf({
  line,
  isFirst,
  error,
  onChange,
}: {
  line: Mapping
  isFirst: boolean
  error: string | undefined
  onChange(role: string): void
}) {
  const { t } = useTranslation('platform')
  const { roles } = useRoles(line.tenant)
  return (
    <Select
      label={t('provider.role')}
      labelHidden={!isFirst}
      error={error}
      options={roles.map(({ name: value, title: label }) => ({ value, label }))}
      value={line.role}
      onChange={onChange}
      className="min-w-0 flex-1 basis-28"
    />
  )
}
