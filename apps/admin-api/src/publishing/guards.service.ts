// Guards that took a release away: a person says when it may be tried again.
import { guardsKey } from '@gatewright/shared/channels'
import type { contract } from '@gatewright/shared/contract/index'
import { guardPrefix, guardTrip } from '@gatewright/shared/model/guard'
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import { findVersion } from '../catalog/version-view.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { Redis } from '../infra/redis.ts'
import { refuse } from '../refusal.ts'
import { Changes } from './change.ts'
import { findEnvironment } from './environments.ts'
import { named, resource } from './naming.ts'
import { parseJson } from './stored-json.ts'

type Noun = typeof contract.guards

@Injectable()
export class GuardsService implements Service<Noun> {
  constructor(
    private readonly changes: Changes,
    private readonly redis: Redis,
  ) {}

  async reset(call: TenantCall, input: InputOf<Noun['reset']>) {
    await this.changes.inTenant(call, async (tx) => {
      const version = await findVersion(tx.db, input)
      const environment = await findEnvironment(tx.platform, input.environment)
      const key = guardsKey(environment.name)
      const trips = await this.redis.use((client) => client.hgetall(key))
      const own = Object.entries(trips).filter(([id]) => id.startsWith(guardPrefix(version.id)))
      if (own.length === 0) {
        refuse('state_conflict', `No guard of ${named(version)} is tripped in ${environment.name}`)
      }
      const reasons = own.map(([, trip]) => parseJson(guardTrip, trip)?.reason ?? 'unknown')
      tx.audit({
        action: 'guards.reset',
        resource: resource(version),
        before: { environment: environment.name, guard: 'tripped', reason: reasons.join('; ') },
        after: { environment: environment.name, guard: 'watching' },
        reason: input.note,
      })
      // Last: what is forgotten in Redis cannot be taken back. A gateway that trips it anew meanwhile is right to.
      await this.redis.use((client) => client.hdel(key, ...own.map(([id]) => id)))
    })
    return {}
  }
}
