// Journey J7: the role matrix, and the answer to "can X do Y, and why?"

import { type Permission, permissions, roleAllows } from '@gatewright/shared/model/role'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Check, CircleCheck, CircleSlash } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Card, Section } from '../../ui/page.tsx'
import { ScrollRegion } from '../../ui/scroll-region.tsx'
import { ComboBox, Select } from '../../ui/select.tsx'
import { membersQuery, roles } from './queries.ts'

const names = Object.keys(permissions) as Permission[]

export function RoleMatrix({ tenant }: { tenant: string }) {
  const { t } = useTranslation('admin')
  return (
    <div className="flex flex-col gap-8">
      <Explainer tenant={tenant} />
      <Section title={t('members.matrix')} sentence={t('members.matrixSentence')}>
        <ScrollRegion
          label={t('members.matrix')}
          className="overflow-x-auto rounded-lg border border-line bg-surface"
        >
          <table className="w-full text-left">
            <thead>
              <tr className="bg-sunken text-xs text-muted">
                <th scope="col" className="sticky left-0 bg-sunken px-4 py-2 font-medium">
                  {t('members.permission')}
                </th>
                {roles.map((role) => (
                  <th
                    key={role}
                    scope="col"
                    title={t(`roleHelp.${role}`)}
                    className="px-3 py-2 text-center font-medium"
                  >
                    {t(`role.${role}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y divide-line">
              {names.map((permission) => (
                <tr key={permission} className="hover:bg-hover">
                  <th scope="row" className="sticky left-0 bg-surface px-4 py-2 font-normal">
                    <span className="flex flex-col">
                      {permissions[permission]}
                      <code className="text-xs text-faint">{permission}</code>
                    </span>
                  </th>
                  {roles.map((role) => {
                    const allowed = roleAllows(role, permission)
                    return (
                      <td key={role} className="px-3 py-2 text-center">
                        {allowed ? (
                          <Check
                            size={16}
                            aria-label={t('members.allowed')}
                            className="inline text-success"
                          />
                        ) : (
                          <span role="img" aria-label={t('members.notAllowed')} className="text-faint">
                            –
                          </span>
                        )}
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollRegion>
      </Section>
    </div>
  )
}

function Explainer({ tenant }: { tenant: string }) {
  const { t } = useTranslation('admin')
  const members =
    useInfiniteQuery(membersQuery(tenant, undefined)).data?.pages.flatMap((page) => page.data) ?? []
  const [memberId, setMemberId] = useState<string | null>(null)
  const [permission, setPermission] = useState<Permission | null>(null)
  const member = members.find((candidate) => candidate.id === memberId)
  const isAllowed = member && permission ? roleAllows(member.role, permission) : undefined
  const granting = permission ? roles.filter((role) => roleAllows(role, permission)) : []
  return (
    <Section title={t('members.why')} sentence={t('members.whySentence')}>
      <Card className="flex flex-col gap-4">
        <div className="grid gap-4 sm:grid-cols-2">
          <ComboBox
            label={t('members.whyMember')}
            value={memberId}
            onChange={setMemberId}
            options={members.map((candidate) => ({
              value: candidate.id,
              label: candidate.user.name,
              detail: `${t(`role.${candidate.role}`)} · ${candidate.user.email}`,
            }))}
          />
          <Select
            label={t('members.whyPermission')}
            value={permission}
            onChange={setPermission}
            options={names.map((name) => ({ value: name, label: permissions[name] }))}
          />
        </div>
        {member && permission ? (
          <p role="status" className="flex items-start gap-2">
            {isAllowed ? (
              <CircleCheck size={16} aria-hidden className="mt-0.5 shrink-0 text-success" />
            ) : (
              <CircleSlash size={16} aria-hidden className="mt-0.5 shrink-0 text-danger" />
            )}
            {t(isAllowed ? 'members.whyYes' : 'members.whyNo', {
              name: member.user.name,
              role: t(`role.${member.role}`).toLowerCase(),
              permission,
              roles: granting.map((role) => t(`role.${role}`).toLowerCase()).join(', '),
            })}
          </p>
        ) : null}
      </Card>
    </Section>
  )
}
