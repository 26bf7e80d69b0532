// The authorisation server of a tenant: whether it issues tokens, for how long, with which scopes and keys, and who may ask about them.

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Link } from '../../ui/link.tsx'
import { Page, PageHeader } from '../../ui/page.tsx'
import { Loaded } from '../../ui/states.tsx'
import { Keys } from './keys.tsx'
import { serverQuery } from './queries.ts'
import { ResourceServers } from './resource-servers.tsx'
import { SettingsForm } from './settings-form.tsx'

const route = getRouteApi('/admin/t/$tenant/$env/settings/authorisation-server')

export function AuthorisationServerPage() {
  const { tenant, env } = route.useParams()
  const { t } = useTranslation('admin')
  const query = useQuery(serverQuery(tenant))
  return (
    <Page>
      <PageHeader
        crumbs={[
          <Link key="settings" to="/admin/t/$tenant/$env/settings" params={{ tenant, env }}>
            {t('settings.title')}
          </Link>,
        ]}
        title={t('authorisation.title')}
        sentence={t('authorisation.sentence')}
      />
      <Loaded query={query}>
        {(server) => (
          <>
            <SettingsForm tenant={tenant} server={server} />
            {server.version === 0 ? null : (
              <>
                <Keys tenant={tenant} server={server} />
                <ResourceServers tenant={tenant} />
              </>
            )}
          </>
        )}
      </Loaded>
    </Page>
  )
}
