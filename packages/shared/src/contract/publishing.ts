// From draft to live: publish, promote, roll back, and see which gateway runs what.
import * as z from 'zod'
import { slug } from '../ids.ts'
import { apiRevision, apiVersion } from '../model/api.ts'
import { change, environment, gateway, revision } from '../model/environment.ts'
import { traffic } from '../model/traffic.ts'
import { guardState, upstreamState } from '../model/upstream-state.ts'
import { page, pageInput, reference, written } from '../model/wire.ts'
import { securityReportSchema } from '../security.ts'
import { inEnvironment, inVersion, nothing, operation } from './operation.ts'

const note = z.string().max(1000).default('').meta({ title: 'Note', help: 'Why; shown in history and audit' })
const inDeployment = { ...inVersion, environment: inEnvironment.environment }
const groups = z.array(slug).max(50).default([]).meta({ title: 'Gateway groups', help: 'Empty = all' })

export const publishing = {
  publish: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/publish',
    'api:publish',
    'Publish the draft',
    {
      idempotent: true,
      waitable: true,
      description:
        'Freezes the draft as a new API revision and deploys it to the environments, in one transaction each.',
    },
  )
    .input(z.strictObject({ ...inVersion, environments: z.array(reference).min(1).max(20), groups, note }))
    .output(written({ apiVersion, apiRevision })),
  promote: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/promote',
    'api:publish',
    'Deploy an existing API revision to another environment',
    {
      idempotent: true,
      waitable: true,
    },
  )
    .input(
      z.strictObject({ ...inVersion, apiRevision: z.int().min(1), environment: reference, groups, note }),
    )
    .output(written({ apiVersion, apiRevision })),
  undeploy: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/undeploy',
    'api:publish',
    'Take a version out of an environment',
    {
      waitable: true,
    },
  )
    .input(z.strictObject({ ...inVersion, environment: reference, note }))
    .output(written({ apiVersion })),
  setTraffic: operation(
    'PUT',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/deployments/{environment}/traffic',
    'api:publish',
    'Spread the requests of a deployment over its upstreams',
    {
      waitable: true,
      description:
        'Live without a publish: canaries, blue and green, mirrors. No rules, no shares and no mirror send everything to `default`.',
    },
  )
    .input(traffic.extend({ ...inDeployment, note }))
    .output(written({ apiVersion })),
  apiRevisions: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/revisions',
    'api:read',
    'List the revisions of a version',
  )
    .input(pageInput.extend(inVersion))
    .output(page(apiRevision)),
}

export const guards = {
  reset: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/deployments/{environment}/guard/reset',
    'api:publish',
    'Let a tripped guard watch again',
    { description: 'The upstreams that it took requests from get their shares back, on all gateways.' },
  )
    .input(z.strictObject({ ...inDeployment, note }))
    .output(nothing),
}

export const environments = {
  list: operation('GET', '/environments', 'signed-in', 'List environments')
    .input(nothing)
    .output(z.strictObject({ data: z.array(environment) })),
  create: operation('POST', '/environments', 'platform', 'Create an environment', { status: 201 })
    .input(
      z.strictObject({
        // It stands in keys, whose form has room for so much.
        name: slug.max(32),
        title: z.string().trim().min(1).max(100),
        production: z.boolean().default(false),
        gatewayUrl: z.url({ protocol: /^https?$/ }),
        groups: z.array(slug).max(50).default(['default']),
      }),
    )
    .output(environment),
  gateways: operation(
    'GET',
    '/tenants/{tenant}/environments/{environment}/gateways',
    'gateway:read',
    'List gateways with what they run',
  )
    .input(z.strictObject(inEnvironment))
    .output(z.strictObject({ environment, data: z.array(gateway) })),
  upstreams: operation(
    'GET',
    '/tenants/{tenant}/environments/{environment}/apis/{api}/versions/{apiVersion}/upstreams',
    ['gateway:read', 'api:read'],
    'What the gateways see of a version’s upstreams now',
    { description: 'Targets with their health, breakers and the guard, as each live gateway tells them.' },
  )
    .input(z.strictObject({ ...inVersion, ...inEnvironment }))
    .output(
      z.strictObject({
        data: z.array(
          z.strictObject({
            gatewayId: z.string(),
            group: slug,
            upstreams: z.array(upstreamState),
            guard: guardState.nullable(),
          }),
        ),
        unreachable: z.array(z.string()).meta({ title: 'Live gateways that did not answer' }),
      }),
    ),
  revisions: operation(
    'GET',
    '/tenants/{tenant}/environments/{environment}/revisions',
    ['gateway:read', 'api:read'],
    'List config revisions that the tenant made',
  )
    .input(pageInput.extend(inEnvironment))
    .output(page(revision)),
  rollbackPreview: operation(
    'GET',
    '/tenants/{tenant}/environments/{environment}/revisions/{number}/changes',
    ['gateway:read', 'api:read'],
    'What returning to a revision would change',
  )
    .input(z.strictObject({ ...inEnvironment, number: z.coerce.number().int().min(0) }))
    .output(z.strictObject({ changes: z.array(change) })),
  rollback: operation(
    'POST',
    '/tenants/{tenant}/environments/{environment}/revisions/{number}/rollback',
    'api:publish',
    'Return to an earlier revision',
    {
      waitable: true,
      description: 'Makes a new revision with the deployments and tenant policies of the earlier one.',
    },
  )
    .input(z.strictObject({ ...inEnvironment, number: z.coerce.number().int().min(0), note }))
    .output(written({ number: z.int() })),
}

const verdict = z.strictObject({
  name: z.string(),
  type: z.string(),
  stage: z.string(),
  scope: z.string(),
  verdict: z.enum(['passed', 'refused', 'replied', 'not-reached']),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  microseconds: z.number(),
})

/** Why a request is answered as it is; the gateway itself computes it. */
export const explanation = z.strictObject({
  revision: z.int(),
  gatewayId: z.string(),
  candidates: z.array(z.strictObject({ route: z.string(), won: z.boolean(), because: z.string() })),
  route: z.string().nullable(),
  policies: z.array(verdict),
  security: z.array(securityReportSchema).meta({ title: 'What was suspicious about it' }),
  upstream: z.strictObject({ called: z.boolean(), detail: z.string() }),
  status: z.int().nullable(),
  code: z.string().nullable(),
})
export type Explanation = z.output<typeof explanation>

export const explainInput = z.strictObject({
  method: z.string().max(32).default('GET'),
  url: z.string().max(4000).meta({ title: 'URL or path' }),
  headers: z.record(z.string().max(200), z.string().max(8000)).default({}),
  address: z.string().max(64).default('127.0.0.1').meta({ title: 'Client address' }),
})

export const explain = {
  request: operation(
    'POST',
    '/tenants/{tenant}/environments/{environment}/explain',
    'explain:use',
    'Explain a made-up request',
    {
      reads: true,
      description:
        'A live gateway of the environment runs route matching and policies on it; no upstream is called, no limit is counted.',
    },
  )
    .input(explainInput.extend(inEnvironment))
    .output(explanation),
}
