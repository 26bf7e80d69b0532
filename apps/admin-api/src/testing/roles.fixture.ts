// The tenant "acme" whose owner makes roles of its own, and short ways to ask about roles and members.
import { needsOf, type Permission, permissionNames } from '@gatewright/shared/model/role'
import type { Caller, TestApp } from './app.fixture.ts'

export interface RoleView {
  readonly id: string
  readonly name: string
  readonly version: number
  readonly permissions: Permission[]
  readonly uses: { members: number; invitations: number; mappings: number }
}

interface MemberView {
  readonly id: string
  readonly version: number
  readonly role: string
  readonly user: { email: string }
}

/** The permissions with all that they need, in the order of the table. */
export function whole(...wanted: Permission[]): Permission[] {
  const all = new Set<Permission>(['tenant:read', ...wanted, ...wanted.flatMap((one) => [...needsOf(one)])])
  return permissionNames.filter((one) => all.has(one))
}

export async function createRoleMaker(app: TestApp) {
  const owner = await app.signUp('owner@acme.example', { create: { name: 'acme', title: 'Acme' } })
  const at = '/tenants/acme'
  return {
    owner,
    make: (name: string, permissions: readonly Permission[], by: Caller = owner) =>
      by.must<RoleView>('POST', `${at}/roles`, { body: { name, title: `The ${name}`, permissions } }),
    roleNamed: (name: string) => owner.must<RoleView>('GET', `${at}/roles/${name}`),
    async memberOf(email: string): Promise<MemberView> {
      const { data } = await owner.must<{ data: MemberView[] }>('GET', `${at}/members?search=${email}`)
      const [found] = data
      if (!found) throw new Error(`${email} is no member`)
      return found
    },
    /** What `person` is told of their own place. */
    async heldBy(person: Caller) {
      const me = await person.must<{ memberships: { role: string; permissions: Permission[] }[] }>(
        'GET',
        '/me',
      )
      return me.memberships[0]
    },
  }
}
