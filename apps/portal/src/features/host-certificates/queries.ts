// Certificates of hosts of an environment: the list, and its changes.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { client, orpc } from '../../api/client.ts'

export type HostCertificate = Awaited<ReturnType<typeof client.certificates.list>>['data'][number]

export const certificatesQuery = (environment: string) =>
  orpc.certificates.list.queryOptions({ input: { environment }, enabled: environment !== '' })

export interface Pair {
  readonly name: string
  readonly chain: string
  readonly privateKey: string
  readonly isDefault: boolean
}

/** Adds one, or renews the one that is given. */
export function useSaveCertificate(environment: string, renewed: HostCertificate | undefined) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ name, ...pair }: Pair) =>
      renewed
        ? client.certificates.replace(
            { environment, certificate: renewed.id, ...pair },
            { context: { ifMatch: renewed.version } },
          )
        : client.certificates.create({ environment, name, ...pair }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.certificates.key() }),
  })
}

export function useRemoveCertificate(environment: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: ({ id, version }: HostCertificate) =>
      client.certificates.remove({ environment, certificate: id }, { context: { ifMatch: version } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: orpc.certificates.key() }),
  })
}
