// What a manifest may change on behalf of its applier: nothing that they could not change without one.
import { canonicalJson } from '@gatewright/shared/canonical'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { may, signedIn, type TenantCall } from '../call.ts'
import { refuse } from '../refusal.ts'

/** Settings belong to the tenant's owners, and an application with its keys to its own owner. */
export function refuseForbidden(call: TenantCall, current: WholeManifest, target: WholeManifest): void {
  if (may(call, 'tenant:write')) return
  if (canonicalJson(current.settings) !== canonicalJson(target.settings)) {
    refuse('permission_denied', `settings: your role in ${call.tenant.name} lacks tenant:write`)
  }
  const { email } = signedIn(call)
  const [before, after] = [byName(current), byName(target)]
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [has, wanted] = [before.get(name), after.get(name)]
    const owner = has?.owner ?? email
    const kept = wanted && { ...wanted, owner: wanted.owner ?? owner }
    if (canonicalJson(has ?? null) === canonicalJson(kept ?? null)) continue
    if (owner !== email || (kept && kept.owner !== email)) {
      refuse('permission_denied', `applications/${name} belongs to ${owner === email ? kept?.owner : owner}`)
    }
  }
}

const byName = ({ applications }: WholeManifest) => new Map(applications.map((one) => [one.name, one]))
