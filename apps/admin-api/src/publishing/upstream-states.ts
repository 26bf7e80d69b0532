// What the gateways see of a version's upstreams right now: each is asked, because health is known to nobody else.
import { type VersionUpstreams, versionUpstreams } from '@gatewright/shared/model/upstream-state'
import type { GatewayReport } from '@gatewright/shared/snapshot'
import { request } from 'undici'

const askMs = 3_000

/** Asks the gateways among `reports` that serve the version: those of `groups`, or all when it names none. */
export async function askUpstreams(
  reports: readonly GatewayReport[],
  versionId: string,
  groups: readonly string[],
) {
  const serving = reports
    .filter(({ group }) => groups.length === 0 || groups.includes(group))
    .sort((a, b) => (a.gatewayId < b.gatewayId ? -1 : 1))
  const answers = await Promise.all(
    serving.map(async ({ gatewayId, group, address }) => ({
      gatewayId,
      group,
      state: await askGateway(address, versionId),
    })),
  )
  return {
    data: answers.flatMap(({ gatewayId, group, state }) =>
      typeof state === 'string' ? [] : [{ gatewayId, group, upstreams: state.upstreams, guard: state.guard }],
    ),
    unreachable: answers.filter(({ state }) => state === 'unreachable').map(({ gatewayId }) => gatewayId),
  }
}

/** `not-running`: it has not taken the version yet, or no more. */
async function askGateway(
  address: string | null,
  versionId: string,
): Promise<VersionUpstreams | 'not-running' | 'unreachable'> {
  if (address === null) return 'unreachable'
  try {
    const { statusCode, body } = await request(`http://${address}/upstreams`, {
      query: { version: versionId },
      signal: AbortSignal.timeout(askMs),
    })
    const answer = versionUpstreams.safeParse(await body.json())
    if (statusCode === 404) return 'not-running'
    return statusCode === 200 && answer.data?.versionId === versionId ? answer.data : 'unreachable'
  } catch {
    return 'unreachable'
  }
}
