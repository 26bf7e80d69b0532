// Values of the parameters of a route's path, for the policies that ask for them: nobody else pays for reading them.
import { createParameterReader } from '@gatewright/shared/path-template'
import type { RouteFacts } from '@gatewright/shared/policies/policy'

type Reader = ReturnType<typeof createParameterReader>

// One per compiled route, made when the first request asks; it goes with its generation.
const readers = new WeakMap<RouteFacts, Reader>()

/** `path` in its normal form, base path included. */
export function readParameters(route: RouteFacts, path: string): ReadonlyMap<string, string> {
  let reader = readers.get(route)
  if (reader === undefined) {
    reader = createParameterReader(route.template)
    readers.set(route, reader)
  }
  return reader(path)
}
