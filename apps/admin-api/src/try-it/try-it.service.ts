// Try-it sessions: a short-lived key of the developer's own application, which the browser never sees.

import { tryItKey } from '@gatewright/shared/channels'
import type { contract } from '@gatewright/shared/contract/index'
import { Injectable } from '@nestjs/common'
import * as z from 'zod'
import { applicationNamed, findOwnApplication, lockApplication } from '../access/application-view.ts'
import { CredentialsService } from '../access/credentials.service.ts'
import { touchCredentials } from '../access/touch.ts'
import type { TenantCall } from '../call.ts'
import type { InputOf, Service } from '../http/serve.ts'
import { hashSecret, newSecret } from '../identity/secrets.ts'
import { Clock } from '../infra/clock.ts'
import { Database } from '../infra/database.ts'
import { Redis } from '../infra/redis.ts'
import { seal, unseal } from '../infra/seal.ts'
import { Changes } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'

type Noun = typeof contract.tryIt

const purpose = 'gatewright try-it'
const lifeSeconds = 600

// Each is a key that gateways know; a person with a few tabs needs a few.
const sessionsPerApplication = 50

const ticketSchema = z.strictObject({
  key: z.string(),
  /** What stands before the path on the gateway, byte for byte. */
  prefix: z.string(),
  browserSession: z.string(),
  tenantId: z.string(),
  environmentId: z.string(),
})
export type TryItTicket = z.output<typeof ticketSchema>

@Injectable()
export class TryItService implements Service<Noun> {
  constructor(
    private readonly database: Database,
    private readonly redis: Redis,
    private readonly changes: Changes,
    private readonly credentials: CredentialsService,
    private readonly clock: Clock,
  ) {}

  async open(call: TenantCall, { application: reference, environment }: InputOf<Noun['open']>) {
    const where = { OR: [{ id: environment }, { name: environment }] }
    const stage = await this.database.platform.environment.findFirst({ where })
    if (!stage) return refuse('not_found', `There is no environment "${environment}"`)
    const expiresAt = this.clock.in(lifeSeconds)
    const key = await this.changes.inTenant(call, async (tx) => {
      const application = await findOwnApplication(call, tx.db, reference)
      await lockApplication(tx, application)
      // Ended tickets of this application go with the next one, from the gateways too, so they never pile up.
      const own = { applicationId: application.id, tryIt: true }
      const ended = { ...own, expiresAt: { lt: this.clock.now() } }
      await touchCredentials(tx, ended)
      await tx.db.credential.deleteMany({ where: ended })
      if ((await tx.db.credential.count({ where: own })) >= sessionsPerApplication) {
        const most = `${sessionsPerApplication} try-it sessions, which is the most at once`
        refuse(
          'limit_reached',
          `${application.name} has ${most}; each ends after ${lifeSeconds / 60} minutes`,
        )
      }
      const made = await this.credentials.create(call, tx, application, stage, {
        name: 'Try it',
        expiresAt,
        tryIt: true,
      })
      tx.audit({
        action: 'tryIt.open',
        resource: applicationNamed(application),
        before: null,
        after: { environment: stage.name, expiresAt: expiresAt.toISOString() },
      })
      return made.key
    })
    const session = newSecret()
    const prefix = `/_try/${call.tenant.name}/${stage.name}`
    const ticket: TryItTicket = {
      key,
      prefix,
      browserSession: call.sessionId ?? '',
      tenantId: call.tenant.id,
      environmentId: stage.id,
    }
    const sealed = Buffer.from(seal(JSON.stringify(ticket), session, purpose)).toString('base64')
    await this.redis.use((client) => client.set(tryItKey(hashSecret(session)), sealed, 'EX', lifeSeconds))
    return { session, path: prefix, expiresAt: expiresAt.toISOString() }
  }

  /** What a try-it session stands for, or null when it ended. */
  async find(session: string): Promise<TryItTicket | null> {
    const sealed = await this.redis.use((client) => client.get(tryItKey(hashSecret(session))))
    if (sealed === null) return null
    return ticketSchema.parse(JSON.parse(unseal(Buffer.from(sealed, 'base64'), session, purpose)))
  }
}
