// Groups of a provider are seen at a sign-in alone: a role that they gave counts for so long after the last one.
import type { Env } from '../env.ts'
import type { Clock } from '../infra/clock.ts'

/** Whether somebody came in by one of these identities lately enough to keep what groups gave them. */
export function isFresh(
  identities: readonly { readonly lastSignInAt: Date }[],
  clock: Pick<Clock, 'in'>,
  { GROUP_ROLES_HOURS }: Pick<Env, 'GROUP_ROLES_HOURS'>,
): boolean {
  const seenSince = clock.in(-GROUP_ROLES_HOURS * 3600)
  return identities.some(({ lastSignInAt }) => lastSignInAt > seenSince)
}
