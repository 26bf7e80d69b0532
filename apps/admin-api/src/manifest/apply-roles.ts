// The roles half of applying a manifest: by the same rules as one role at a time.
import { canonicalJson } from '@gatewright/shared/canonical'
import type { WholeManifest } from '@gatewright/shared/manifest'
import { Injectable } from '@nestjs/common'
import { may, type TenantCall } from '../call.ts'
import type { TenantTransaction } from '../publishing/change.ts'
import { refuse } from '../refusal.ts'
import { RoleWrites } from '../tenancy/role-writes.ts'

@Injectable()
export class RolesApplier {
  constructor(private readonly writes: RoleWrites) {}

  async apply(
    tx: TenantTransaction,
    call: TenantCall,
    current: WholeManifest,
    target: WholeManifest,
  ): Promise<void> {
    if (canonicalJson(current.roles) === canonicalJson(target.roles)) return
    if (!may(call, 'role:write'))
      refuse('permission_denied', `roles: your role in ${call.tenant.name} lacks role:write`)
    for (const { name } of current.roles) {
      if (target.roles.some((role) => role.name === name)) continue
      await this.writes.remove(tx, call, await this.writes.changeable(tx, call, name))
    }
    for (const role of target.roles) {
      const before = current.roles.find(({ name }) => name === role.name)
      if (!before) await this.writes.create(tx, call, role)
      else if (canonicalJson(before) !== canonicalJson(role))
        await this.writes.update(tx, call, await this.writes.changeable(tx, call, role.name), {
          title: role.title,
          description: role.description,
          permissions: role.permissions,
        })
    }
  }
}
