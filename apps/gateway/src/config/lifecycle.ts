// What the life of an API version says in its replies: Deprecation (RFC 9745), Sunset (RFC 8594), Link, and 410 at its end.
import { type Phases, type Refusal, refuse } from '@gatewright/shared/policies/policy'
import type { VersionDocument } from '@gatewright/shared/snapshot'
import type { Step } from './steps.ts'

type Lifecycle = VersionDocument['lifecycle']

/** Name and value in turn. */
export function lifecycleFields({
  state,
  deprecatedAt,
  sunsetAt,
  successorPath,
}: Lifecycle): readonly string[] {
  const fields: string[] = []
  if (state !== 'published') {
    // A date (RFC 9651 3.3.7) even when nobody wrote one down: any moment in the past says "deprecated already".
    fields.push('Deprecation', `@${Math.floor((deprecatedAt ?? 0) / 1000)}`)
  }
  if (sunsetAt !== null) fields.push('Sunset', new Date(sunsetAt).toUTCString())
  if (successorPath !== null) fields.push('Link', `<${encodeURI(successorPath)}>; rel="successor-version"`)
  return Object.freeze(fields)
}

/** Stands in place of every policy after the edge: a retired version asks for no key and calls nobody. */
export function retiredStep(apiName: string, versionName: string, lifecycle: Lifecycle): Step {
  const refusal = retiredRefusal(apiName, versionName, lifecycle)
  return lifecycleStep({ request: () => refusal })
}

/**
 * Stands before every policy after the edge of a deprecated version with a date: from that moment on it answers as if it were
 * retired, without anybody having to publish. null for all others, whose requests look at no clock.
 */
export function sunsetStep(apiName: string, versionName: string, lifecycle: Lifecycle): Step | null {
  const { state, sunsetAt } = lifecycle
  if (state !== 'deprecated' || sunsetAt === null) return null
  const refusal = retiredRefusal(apiName, versionName, lifecycle)
  return lifecycleStep({ request: (ctx) => (ctx.receivedAtMs >= sunsetAt ? refusal : undefined) })
}

function retiredRefusal(
  apiName: string,
  versionName: string,
  { successorPath, sunsetAt }: Lifecycle,
): Refusal {
  const since = sunsetAt === null ? '' : ` since ${new Date(sunsetAt).toISOString().slice(0, 10)}`
  const successor = successorPath === null ? '' : ` Its successor answers at ${successorPath}.`
  return refuse('api_retired', {
    detail: `${apiName} ${versionName} is retired${since}.${successor}`,
  })
}

function lifecycleStep(phases: Phases): Step {
  return {
    facts: Object.freeze({ policy: 'lifecycle', type: 'lifecycle', scope: 'version', stage: 'identify' }),
    stage: 'identify',
    scope: 'version',
    phases,
  }
}
