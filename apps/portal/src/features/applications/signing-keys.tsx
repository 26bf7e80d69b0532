// Signing keys of an application: what it signs its requests with.

import { useQuery } from '@tanstack/react-query'
import { useSigningKeyColumns } from '../../credentials/columns.tsx'
import { CredentialSection } from './credential-section.tsx'
import { signingKeysQuery, useRemoveSigningKey } from './queries.ts'
import { SigningKeyDialog } from './signing-key-dialog.tsx'

export function SigningKeys({ tenant, application }: { tenant: string; application: string }) {
  return (
    <CredentialSection
      texts="signingKeys"
      query={useQuery(signingKeysQuery(tenant, application))}
      columns={useSigningKeyColumns()}
      remove={useRemoveSigningKey(tenant, application)}
      adding={(close) => <SigningKeyDialog tenant={tenant} application={application} onClose={close} />}
    />
  )
}
