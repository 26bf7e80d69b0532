// Policies above single APIs: the tenant's and, for platform admins, the whole platform's.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { orpc } from '../../api/client.ts'
import { useMay, useMe } from '../../api/session.ts'
import { ChainEditor } from '../../pipeline/chain-editor.tsx'
import { readException } from '../../pipeline/proposed-exception.ts'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Loaded } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/policies')

export function PoliciesPage() {
  const { tenant } = route.useParams()
  const search = route.useSearch()
  const { scope = 'tenant' } = search
  const navigate = route.useNavigate()
  const { t } = useTranslation('admin')
  const may = useMay(tenant)
  const isPlatformAdmin = useMe()?.user.platformAdmin ?? false
  const found = useQuery(orpc.tenancy.get.queryOptions({ input: { tenant } }))
  const tenantChain = (
    <Loaded query={found}>
      {({ id }) => (
        <ChainEditor
          tenant={tenant}
          scope="tenant"
          scopeId={id}
          isEditable={may('api:write')}
          expectsIdentity={false}
          proposed={readException(search)}
        />
      )}
    </Loaded>
  )
  return (
    <Page>
      <PageHeader title={t('policies.title')} sentence={t('policies.sentence')} />
      {isPlatformAdmin ? (
        <Tabs
          label={t('policies.scopes')}
          value={scope}
          onChange={(next) => void navigate({ search: { scope: next }, replace: true })}
          items={[
            { value: 'tenant', label: t('policies.tenant') },
            { value: 'global', label: t('policies.global') },
          ]}
        >
          {scope === 'global' ? (
            <ChainEditor
              tenant={tenant}
              scope="global"
              scopeId="global"
              isEditable
              expectsIdentity={false}
              proposed={readException(search)}
            />
          ) : (
            tenantChain
          )}
        </Tabs>
      ) : (
        tenantChain
      )}
    </Page>
  )
}
