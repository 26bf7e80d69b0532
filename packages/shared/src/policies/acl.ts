// acl: which operations a caller may use, by the groups of their application and the roles in their token.
import * as z from 'zod'
import { slug } from '../ids.ts'
import { claimAt, textsOf } from './claims.ts'
import { definePolicy, defineSpec, type PolicyContext, refuse } from './policy.ts'

const names = z.array(slug).max(50).default([])
const roles = z.array(z.string().min(1).max(200)).max(50).default([])

const who = {
  groups: names.meta({
    title: 'Groups',
    help: 'Groups of applications, given on the page of an application',
  }),
  roles: roles.meta({ title: 'Roles', help: 'What the claims below say' }),
}

const rule = z.strictObject({
  ...who,
  methods: z
    .array(z.string().regex(/^[A-Z]{1,20}$/, 'Use a method such as GET'))
    .max(20)
    .default([])
    .meta({ title: 'Methods', help: 'Empty: all' }),
  operations: z
    .array(z.string().min(1).max(200))
    .max(200)
    .default([])
    .meta({ title: 'Operations', help: 'By operationId; empty: all' }),
})

export const spec = defineSpec({
  type: 'acl',
  stage: 'admit',
  title: 'Groups and roles',
  summary: 'Lets callers use operations by the groups of their application and the roles in their token.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z
    .strictObject({
      rules: z.array(rule).max(100).default([]).meta({
        title: 'Who may do what',
        help: 'One rule that fits is enough, what no rule allows is refused. A rule without groups and roles fits every known caller',
      }),
      deny: z.strictObject(who).default({ groups: [], roles: [] }).meta({
        title: 'Never',
        help: 'Refused whatever the rules say',
      }),
      roleClaims: z.array(z.string().min(1).max(200)).max(10).default(['roles']).meta({
        title: 'Claims of roles',
        help: 'Dots lead into objects: realm_access.roles',
        group: 'Where roles are',
      }),
    })
    .refine(({ rules, deny }) => rules.length + deny.groups.length + deny.roles.length > 0, {
      path: ['rules'],
      error: 'Name at least one rule',
    }),
  example: {
    rules: [{ methods: ['GET'] }, { groups: ['partners'], roles: ['editor'] }],
    deny: { groups: ['suspended'] },
  },
})

const denied = refuse('caller_denied', { detail: 'Callers of your group or role are refused here.' })
const noCaller = refuse('operation_not_granted', { detail: 'Nobody knows who is calling.' })

export const policy = definePolicy(spec, ({ rules, deny, roleClaims }) => {
  // A list of refusals alone takes nothing from anybody else.
  const compiled = (rules.length > 0 ? rules : [rule.parse({})]).map((one) => ({
    everybody: one.groups.length + one.roles.length === 0,
    groups: new Set(one.groups),
    roles: new Set(one.roles),
    methods: new Set(one.methods),
    operations: new Set(one.operations),
  }))
  const deniedGroups = new Set(deny.groups)
  const deniedRoles = new Set(deny.roles)
  const asksRoles = deny.roles.length > 0 || rules.some((one) => one.roles.length > 0)

  function rolesOf({ claims }: PolicyContext): readonly string[] {
    if (!asksRoles || claims === null) return []
    return roleClaims.flatMap((path) => textsOf(claimAt(claims, path)))
  }

  return {
    request(ctx) {
      const { principal, person, route } = ctx
      if (principal === null && person === null) return noCaller
      const groups = principal?.groups ?? []
      const held = rolesOf(ctx)
      if (groups.some((it) => deniedGroups.has(it)) || held.some((it) => deniedRoles.has(it))) return denied
      // Who may GET may ask for its head alone (RFC 9110 9.3.2).
      const verb = ctx.method === 'HEAD' ? 'GET' : ctx.method
      for (const one of compiled) {
        if (one.methods.size > 0 && !(one.methods.has(ctx.method) || one.methods.has(verb))) continue
        if (one.operations.size > 0 && !(route.operationId !== null && one.operations.has(route.operationId)))
          continue
        if (one.everybody || groups.some((it) => one.groups.has(it)) || held.some((it) => one.roles.has(it)))
          return undefined
      }
      return refuse('operation_not_granted', {
        detail: `No rule grants ${route.operationId ?? `${ctx.method} ${route.template}`} to ${principal === null ? 'this person' : `“${principal.applicationName}”`}.`,
      })
    },
  }
})
