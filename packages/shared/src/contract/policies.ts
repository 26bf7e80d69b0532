// Policy chains at every scope, and the policy types that they are made of.
import * as z from 'zod'
import { scope } from '../model/api.ts'
import { propagation, version } from '../model/wire.ts'
import { policyInput } from '../policies/specs.ts'
import { inTenant, nothing, operation } from './operation.ts'

const policyChain = z.strictObject({
  scope,
  scopeId: z.string().nullable(),
  policies: z.array(policyInput),
  /** Policies of outer scopes that also run, in order; shown as locked. */
  inherited: z.array(z.strictObject({ from: scope, name: z.string(), policy: policyInput })),
  version,
})

const inScope = {
  ...inTenant,
  scope: scope.exclude(['global']),
  scopeId: z.string().max(80).meta({ help: 'Id of the tenant, version, plan or route' }),
}

export const policies = {
  get: operation(
    'GET',
    '/tenants/{tenant}/policies/{scope}/{scopeId}',
    ['api:read', 'product:read'],
    'Read a policy chain',
  )
    .input(z.strictObject(inScope))
    .output(policyChain),
  set: operation(
    'PUT',
    '/tenants/{tenant}/policies/{scope}/{scopeId}',
    ['api:write', 'product:write'],
    'Replace a policy chain',
    {
      concurrency: true,
      waitable: true,
      description:
        'The list is the order. Version and route scopes change the draft; tenant and plan scopes are live on save.',
    },
  )
    .input(z.strictObject({ ...inScope, policies: z.array(policyInput).max(100) }))
    .output(policyChain.extend(propagation.shape)),
  getGlobal: operation('GET', '/policies/global', 'platform', 'Read the global policy chain')
    .input(nothing)
    .output(policyChain),
  setGlobal: operation('PUT', '/policies/global', 'platform', 'Replace the global policy chain', {
    concurrency: true,
    waitable: true,
  })
    .input(z.strictObject({ policies: z.array(policyInput).max(100) }))
    .output(policyChain.extend(propagation.shape)),
}

export const policyTypes = {
  list: operation('GET', '/policy-types', 'signed-in', 'List policy types with their schemas')
    .input(nothing)
    .output(
      z.strictObject({
        data: z.array(
          z.strictObject({
            type: z.string(),
            title: z.string(),
            summary: z.string(),
            stage: z.string(),
            scopes: z.array(z.string()),
            needsBody: z.boolean(),
            schema: z.record(z.string(), z.unknown()),
            example: z.record(z.string(), z.unknown()),
          }),
        ),
      }),
    ),
}
