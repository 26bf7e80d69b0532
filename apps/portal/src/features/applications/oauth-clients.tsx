// OAuth clients of an application: with them, access tokens are taken where keys would be.

import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type OauthClient, useOauthClientColumns } from '../../credentials/columns.tsx'
import { Button } from '../../ui/button.tsx'
import { BuiltInClientDialog, RenewSecretDialog } from './built-in-client-dialog.tsx'
import { CredentialSection } from './credential-section.tsx'
import { OauthClientDialog } from './oauth-client-dialog.tsx'
import { oauthClientsQuery, ownServerQuery, useRemoveOauthClient } from './queries.ts'

export function OauthClients({ tenant, application }: { tenant: string; application: string }) {
  const { t } = useTranslation('developer')
  const ownServer = useQuery(ownServerQuery(tenant)).data
  const [isCreating, setCreating] = useState(false)
  const [renewing, setRenewing] = useState<OauthClient>()
  return (
    <>
      <CredentialSection
        texts="oauthClients"
        query={useQuery(oauthClientsQuery(tenant, application))}
        columns={useOauthClientColumns()}
        remove={useRemoveOauthClient(tenant, application)}
        adding={(close) => <OauthClientDialog tenant={tenant} application={application} onClose={close} />}
        actions={
          ownServer?.enabled ? (
            <Button icon={Plus} variant="primary" onPress={() => setCreating(true)}>
              {t('oauthClients.create')}
            </Button>
          ) : null
        }
        rowActions={(row) =>
          row.builtIn && !row.builtIn.isPublic ? (
            <Button size="sm" variant="quiet" onPress={() => setRenewing(row)}>
              {t('oauthClients.renew')}
            </Button>
          ) : null
        }
      />
      {isCreating ? (
        <BuiltInClientDialog tenant={tenant} application={application} onClose={() => setCreating(false)} />
      ) : null}
      {renewing ? (
        <RenewSecretDialog
          tenant={tenant}
          application={application}
          row={renewing}
          onClose={() => setRenewing(undefined)}
        />
      ) : null}
    </>
  )
}
