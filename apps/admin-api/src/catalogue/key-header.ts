// In which header a published version expects its key, read from its own api-key policy.
import type { FrozenVersion } from '../publishing/version-document.ts'

const defaultHeader = 'X-API-Key'

/** Null when no api-key policy of the version takes the key in a header. */
export function keyHeader({ policies, routes }: FrozenVersion): string | null {
  const attached = [...policies, ...routes.flatMap((route) => route.policies)].find(
    ({ type }) => type === 'api-key',
  )
  if (!attached) return null
  const { header } = attached.config
  if (header === undefined) return defaultHeader
  return typeof header === 'string' ? header : null
}
