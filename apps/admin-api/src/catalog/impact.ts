// Whom a publish concerns: who subscribed to a version, and how much they called it lately.
import { Injectable } from '@nestjs/common'
import type { TenantCall } from '../call.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'

@Injectable()
export class Impact {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async of(call: TenantCall, versionId: string): Promise<{ subscribers: number; requestsLastDay: number }> {
    const subscribers = await call.db.subscription.count({
      where: {
        state: { in: ['active', 'suspended'] },
        plan: { product: { versions: { some: { versionId } } } },
      },
    })
    const { rows } = await this.database.pool.query<{ requests: string | null }>(
      'SELECT sum(requests) AS requests FROM rollup_minute WHERE tenant_id = $1 AND version_id = $2 AND bucket > $3',
      [call.tenant.id, versionId, this.clock.in(-86_400)],
    )
    return { subscribers, requestsLastDay: Number(rows[0]?.requests ?? 0) }
  }
}
