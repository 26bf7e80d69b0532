// Names of a manifest that must exist and must not repeat, and upstreams that no gateway would call, refused with the place of each.
import type { FieldError } from '@gatewright/shared/errors'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { manifestFaults } from '@gatewright/shared/manifest-faults'
import { forbiddenAddress } from '../catalog/upstream-addresses.ts'
import { unreadableAuthorities } from '../catalog/upstream-trust.ts'
import { refuse } from '../refusal.ts'

/** Refuses with `manifest_refused` and every fault at once. */
export function refuseInconsistent(manifest: WholeManifest): void {
  const faults = [...manifestFaults(manifest), ...refusedUpstreams(manifest)]
  const [first] = faults
  if (first) refuse('manifest_refused', `${first.pointer}: ${first.detail}`, { errors: faults })
}

function refusedUpstreams({ apis }: WholeManifest): FieldError[] {
  return apis.flatMap((api) =>
    api.versions.flatMap((version) =>
      Object.entries(version.upstreams).flatMap(([name, settings]) => {
        const fault = forbiddenAddress(settings) ?? unreadableAuthorities(settings)
        if (!fault) return []
        const at = `apis/${api.name}/versions/${version.name}/upstreams/${name}`
        const pointer = `${at}/${fault.path.replaceAll('.', '/')}`
        return [{ pointer, code: 'refused', detail: fault.message }]
      }),
    ),
  )
}
