// What the product screens ask the admin API.

import type { QueryClient } from '@tanstack/react-query'
import { orpc } from '../../api/client.ts'

export const productQuery = (tenant: string, product: string) =>
  orpc.products.get.queryOptions({ input: { tenant, product } })

/** Versions that a product may bundle: those of every API, newest names last. */
export const bundleQuery = (tenant: string) =>
  orpc.apis.list.queryOptions({ input: { tenant, limit: 200 }, staleTime: 30_000 })

export function forgetProducts(queryClient: QueryClient): Promise<void> {
  return Promise.all(
    [orpc.products, orpc.subscriptions, orpc.policies, orpc.catalogue].map((noun) =>
      queryClient.invalidateQueries({ queryKey: noun.key() }),
    ),
  ).then(() => undefined)
}
