// Journey J7: the role matrix, and the answer to "can X do Y, and why?"

import { type Permission, permissions, roleAllows } from '@gatewright/shared/model/role'
import { Check } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Section } from '../../ui/page.tsx'
import { ScrollRegion } from '../../ui/scroll-region.tsx'
import { AccessExplainer } from './access-explainer.tsx'
import { roles } from './queries.ts'

const names = Object.keys(permissions) as Permission[]

export function RoleMatrix({ tenant }: { tenant: string }) {
  const { t } = useTranslation('admin')
  return (
    <div className="flex flex-col gap-8">
      <AccessExplainer tenant={tenant} />
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
