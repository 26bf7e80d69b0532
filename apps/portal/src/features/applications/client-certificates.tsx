// Client certificates of an application: calls that show one are its calls.

import { useQuery } from '@tanstack/react-query'
import { useClientCertificateColumns } from '../../credentials/columns.tsx'
import { ClientCertificateDialog } from './client-certificate-dialog.tsx'
import { CredentialSection } from './credential-section.tsx'
import { clientCertificatesQuery, useRemoveClientCertificate } from './queries.ts'

export function ClientCertificates({ tenant, application }: { tenant: string; application: string }) {
  return (
    <CredentialSection
      texts="clientCertificates"
      query={useQuery(clientCertificatesQuery(tenant, application))}
      columns={useClientCertificateColumns()}
      remove={useRemoveClientCertificate(tenant, application)}
      adding={(close) => (
        <ClientCertificateDialog tenant={tenant} application={application} onClose={close} />
      )}
    />
  )
}
