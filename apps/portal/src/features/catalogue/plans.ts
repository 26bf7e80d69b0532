// What an API of the catalogue offers: its versions, their plans, and what an application holds of them.

import type { CatalogueApi } from '@gatewright/shared/contract/catalogue'
import type { Subscription } from '@gatewright/shared/model/access'

export type { CatalogueApi, Subscription }
export type CatalogueVersion = CatalogueApi['versions'][number]
export type Plan = CatalogueVersion['products'][number]['plans'][number]
export type Environment = CatalogueVersion['environments'][number]

/** The version a reader wants when none is named: the newest that is not on its way out. */
export function currentVersion(api: CatalogueApi, name?: string): CatalogueVersion | undefined {
  return (
    api.versions.find((version) => version.name === name) ??
    api.versions.find((version) => version.lifecycle === 'published') ??
    api.versions[0]
  )
}

/** How the admin API is asked for it: names mean APIs of the portal's own team. */
export const referenceOf = ({ provider, id, name }: CatalogueApi) => (provider === null ? name : id)

export function plansOf(version: CatalogueVersion): Plan[] {
  const all = version.products.flatMap((product) => product.plans).filter((plan) => !plan.archived)
  return [...new Map(all.map((plan) => [plan.id, plan])).values()]
}

/** The product that offers a plan. */
export function productOf(version: CatalogueVersion, plan: Plan): string | undefined {
  return version.products.find(({ plans }) => plans.some(({ id }) => id === plan.id))?.id
}

/** Whether the price says nothing that the title does not: "Free" that costs "free". */
export function namesPrice({ title, price }: Pick<Plan, 'title' | 'price'>): boolean {
  return price === '' || price.toLowerCase() === title.toLowerCase()
}

interface Holding {
  application: { id: string }
  product: { id: string }
  state: Subscription['state']
}

/** The one subscription an application has to the product of a plan, on this plan or on another; ended ones do not count. */
export function heldFor<S extends Holding>(
  subscriptions: readonly S[],
  application: string,
  product: string | undefined,
): S | undefined {
  return subscriptions.find(
    (one) =>
      one.application.id === application &&
      one.product.id === product &&
      (one.state === 'active' || one.state === 'pending' || one.state === 'suspended'),
  )
}
