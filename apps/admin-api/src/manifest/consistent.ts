// Names of a manifest that must exist and must not repeat, refused with the place of each.
import type { WholeManifest } from '@gatewright/shared/manifest'
import { manifestFaults } from '@gatewright/shared/manifest-faults'
import { refuse } from '../refusal.ts'

/** Refuses with `manifest_refused` and every fault at once. */
export function refuseInconsistent(manifest: WholeManifest): void {
  const faults = manifestFaults(manifest)
  const [first] = faults
  if (first) refuse('manifest_refused', `${first.pointer}: ${first.detail}`, { errors: faults })
}
