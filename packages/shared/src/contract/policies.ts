// Policy chains at every scope, and the policy types that they are made of.
import * as z from 'zod'
import { slug } from '../ids.ts'
import { scope } from '../model/api.ts'
import { propagation, version } from '../model/wire.ts'
import { spec as cedar } from '../policies/cedar.ts'
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

const texts = z.record(z.string().max(200), z.string().max(8_000))

/** A request as rules see it; whatever is left out is as ordinary as it can be. */
const triedRequest = z.strictObject({
  caller: z
    .strictObject({
      application: z.string().max(200).default('my-app'),
      plan: z.string().max(200).default('standard'),
      groups: z.array(slug).max(50).default([]),
      claims: z.record(z.string(), z.unknown()).default({}),
    })
    .nullable()
    .default(null)
    .meta({ title: 'Who calls; null = nobody is known' }),
  method: z
    .string()
    .regex(/^[A-Z]{1,20}$/)
    .default('GET'),
  operationId: z.string().max(200).nullable().default(null),
  api: z.string().max(200).default('my-api'),
  version: z.string().max(200).default('v1'),
  path: z.string().max(1024).default('/').meta({ title: 'Path template' }),
  parameters: texts.default({}),
  headers: texts.default({}),
  address: z.union([z.ipv4(), z.ipv6()]).default('192.0.2.1'),
  host: z.string().max(255).default('localhost'),
  time: z
    .strictObject({
      hour: z.int().min(0).max(23).default(9),
      minute: z.int().min(0).max(59).default(0),
      weekday: z.int().min(1).max(7).default(1).meta({ title: '1 = Monday' }),
      date: z.iso.date().default('2026-01-05'),
    })
    .prefault({}),
})

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
  tryCedar: operation('POST', '/policy-types/cedar/try', 'signed-in', 'Ask rules in Cedar about a request', {
    reads: true,
    description: 'Answered by the code that decides in gateways. Nothing is stored.',
  })
    .input(z.strictObject({ config: cedar.config, request: triedRequest.prefault({}) }))
    .output(
      z.strictObject({
        decision: z.enum(['allow', 'deny', 'undecided']),
        rules: z.array(z.string()).meta({ title: 'Names of the rules that decided' }),
        candidates: z.array(z.string()).meta({ title: 'Rules that permit something' }),
        faults: z.array(z.string()).meta({ title: 'Why rules could not be evaluated' }),
      }),
    ),
}
