// Where a try-it call goes: the gateways of its environment, and only below a path that the tenant has published there, or that
// another one shares with it.
import { Inject, Injectable } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import { keyHeader } from '../catalogue/key-header.ts'
import type { Env } from '../env.ts'
import { Database } from '../infra/database.ts'
import { frozenVersion } from '../publishing/version-document.ts'
import { refuse } from '../refusal.ts'

export interface GatewayTarget {
  /** Base URL of the gateways as this process reaches them, without a trailing slash. */
  readonly origin: string
  /** Host header under which the API answers; null = the origin's own. */
  readonly host: string | null
  /** Header in which the API expects its key; null when it takes none. */
  readonly keyHeader: string | null
}

@Injectable()
export class GatewayTargets {
  constructor(
    @Inject(ENV) private readonly env: Env,
    private readonly database: Database,
  ) {}

  async find(tenantId: string, environmentId: string, path: string): Promise<GatewayTarget> {
    const environment = await this.database.platform.environment.findUniqueOrThrow({
      where: { id: environmentId },
    })
    const shares = { some: { consumerId: tenantId, state: { not: 'ended' } } } as const
    const claims = await this.database.everything.pathClaim.findMany({
      where: { environmentId, OR: [{ tenantId }, { apiVersion: { api: { shares } } }] },
    })
    const claim = claims
      .filter(({ basePath }) => isBelow(path, basePath))
      .sort((a, b) => b.basePath.length - a.basePath.length)[0]
    if (!claim)
      return refuse(
        'route_not_found',
        `Nothing of this tenant, or shared with it, answers at ${path} in ${environment.name}`,
      )
    const { apiRevision } = await this.database.everything.deployment.findFirstOrThrow({
      where: { id: claim.deploymentId },
      select: { apiRevision: { select: { document: true } } },
    })
    const frozen = frozenVersion.parse(apiRevision.document)
    return {
      origin: (this.env.GATEWAY_INTERNAL_URLS.get(environment.name) ?? environment.gatewayUrl).replace(
        /\/+$/,
        '',
      ),
      host: claim.host === '*' || claim.host.startsWith('*.') ? null : claim.host,
      keyHeader: keyHeader(frozen),
    }
  }
}

function isBelow(path: string, basePath: string): boolean {
  return basePath === '/' || path === basePath || path.startsWith(`${basePath}/`)
}
