// The secrets in a manifest: taken out of all its chains before anything compares, stores or answers them.
import type { WholeManifest } from '@gatewright/shared/manifest'
import type { PolicyInput } from '@gatewright/shared/policies/specs'
import { routeName } from '@gatewright/shared/route-conditions'
import type { Call, TenantCall } from '../call.ts'
import type { ChainToKeep, KeptChains, PolicySecrets } from '../catalog/policy-secrets.ts'
import type { TenantDb } from '../infra/database.ts'

/** The manifest with `sealed:<id>` in place of every secret, and the rows that are to be stored when it is applied. */
export async function takeSecrets(
  secrets: PolicySecrets,
  db: TenantDb,
  call: Pick<TenantCall, 'tenant'> & Pick<Call, 'user'>,
  current: WholeManifest,
  target: WholeManifest,
  mayCompare = true,
): Promise<{ readonly target: WholeManifest; readonly rows: KeptChains['rows'] }> {
  const before = new Map(chainsOf(current).map(({ pointer, policies }) => [pointer, policies]))
  const wanted = chainsOf(target).map(
    (chain): ChainToKeep => ({ ...chain, before: before.get(chain.pointer) ?? [] }),
  )
  const { chains, rows } = await secrets.take(db, call, call.tenant.id, wanted, mayCompare)
  const kept = new Map(wanted.map(({ pointer }, i) => [pointer, chains[i] ?? []]))
  return { target: mapChains(target, (pointer) => [...(kept.get(pointer) ?? [])]), rows }
}

function chainsOf(manifest: WholeManifest): { readonly pointer: string; readonly policies: PolicyInput[] }[] {
  const chains: { readonly pointer: string; readonly policies: PolicyInput[] }[] = []
  mapChains(manifest, (pointer, policies) => {
    chains.push({ pointer, policies })
    return policies
  })
  return chains
}

/** Pointers name things as people do, so that a chain is the same one wherever it stands in a list. */
function mapChains(
  manifest: WholeManifest,
  change: (pointer: string, policies: PolicyInput[]) => PolicyInput[],
): WholeManifest {
  return {
    ...manifest,
    policies: change('policies', manifest.policies),
    apis: manifest.apis.map((api) => ({
      ...api,
      versions: api.versions.map((version) => {
        const at = `apis/${api.name}/versions/${version.name}`
        return {
          ...version,
          policies: change(`${at}/policies`, version.policies),
          routes: version.routes.map((route) => ({
            ...route,
            policies: change(`${at}/routes/${routeName(route)}/policies`, route.policies),
          })),
        }
      }),
    })),
    products: manifest.products.map((product) => ({
      ...product,
      plans: product.plans.map((plan) => ({
        ...plan,
        policies: change(`products/${product.name}/plans/${plan.name}/policies`, plan.policies),
      })),
    })),
  }
}
