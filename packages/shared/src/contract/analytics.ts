// Questions about traffic; one question = one entry here, one SQL file, one hook, one panel.
import * as z from 'zod'
import { lifecycle } from '../model/api.ts'
import { driftKinds, driftRecord } from '../model/drift.ts'
import { instant, page, pageInput } from '../model/wire.ts'
import { securityReportSchema } from '../security.ts'
import { inEnvironment, operation } from './operation.ts'

const reads = ['analytics:read', 'analytics:own'] as const

/**
 * Range and filters of every question. `from` and `to` take RFC 3339 or `now`, `now-6h`, `now-7d`.
 * With analytics:own alone only the caller's own applications are counted.
 */
export const rangeInput = z.strictObject({
  ...inEnvironment,
  from: z.string().max(40).default('now-24h'),
  to: z.string().max(40).default('now'),
  api: z.string().max(80).optional(),
  apiVersion: z.string().max(80).optional(),
  application: z.string().max(80).optional(),
  plan: z.string().max(80).optional(),
  route: z.string().max(80).optional(),
  method: z.string().max(32).optional(),
  statusClass: z.enum(['2xx', '3xx', '4xx', '5xx']).optional(),
})

/** What the numbers stand on, shown under every panel. */
const basis = z.strictObject({
  from: instant,
  to: instant,
  bucketSeconds: z.int(),
  source: z.enum(['raw', 'minute', 'hour', 'day']),
  updatedAt: instant.nullable().meta({ title: 'Time of the newest stored event' }),
})

const percentiles = z.strictObject({
  p50Ms: z.number().nullable(),
  p90Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
})

const subject = z.strictObject({ id: z.string().nullable(), name: z.string(), title: z.string() })

const ranked = z.strictObject({
  subject,
  requests: z.int(),
  errors: z.int().meta({ title: '4xx and 5xx' }),
  serverErrors: z.int().meta({ title: '5xx' }),
  p95Ms: z.number().nullable(),
  bytesOut: z.int(),
})

const question = (name: string, summary: string) =>
  operation('GET', `/tenants/{tenant}/environments/{environment}/analytics/${name}` as const, reads, summary)

const loggedRequest = z.strictObject({
  id: z.string(),
  at: instant,
  method: z.string(),
  path: z.string(),
  route: z.string().nullable(),
  status: z.int(),
  reason: z.string().nullable(),
  policy: z.string().nullable(),
  gatewayMs: z.number(),
  upstreamMs: z.number(),
  bytesIn: z.int(),
  bytesOut: z.int(),
  api: subject.nullable(),
  apiVersion: z.string().nullable(),
  application: subject.nullable(),
  plan: subject.nullable(),
  credentialHint: z.string().nullable(),
  address: z.string(),
  agent: z.string(),
  gatewayId: z.string(),
  revision: z.int(),
  tryIt: z.boolean(),
})
export type LoggedRequest = z.output<typeof loggedRequest>

const requestStory = loggedRequest.extend({
  routeId: z.string().nullable(),
  security: z.array(securityReportSchema).meta({
    title: 'What was suspicious about it',
    help: 'For those who may see all traffic of the team whose API was called; empty for its callers',
  }),
})
export type RequestStory = z.output<typeof requestStory>

/** The traffic of all callers: nothing of it is one application's. */
const ownersQuestion = (name: string, summary: string, description: string) =>
  operation(
    'GET',
    `/tenants/{tenant}/environments/{environment}/analytics/${name}` as const,
    'analytics:read',
    summary,
    { description },
  )

const ofDocuments = z.strictObject({
  ...inEnvironment,
  ...pageInput.shape,
  days: z.coerce.number().int().min(1).max(395).default(30),
  api: z.string().max(80).optional(),
  apiVersion: z.string().max(80).optional(),
})

const unused = z.strictObject({
  id: z.string(),
  api: subject.nullable(),
  apiVersion: z.string().nullable(),
  lifecycle: lifecycle.nullable(),
  method: z.string().nullable(),
  template: z.string().nullable().meta({ title: 'Path template with the base path' }),
  application: subject.nullable(),
  key: z.string().nullable().meta({ title: 'Name of the key, and how it begins' }),
  since: instant.meta({ title: 'Since when it could have been used' }),
  lastAt: instant.nullable().meta({ title: 'Last used; null = never' }),
})
export type UnusedThing = z.output<typeof unused>

const undocumentedCall = z.strictObject({
  id: z.string(),
  api: subject,
  apiVersion: z.string(),
  method: z.string().meta({ help: '`*` = all that found no room in the list' }),
  template: z.string().meta({ help: 'What is no word of the document is `{id}`' }),
  answered: z.boolean().meta({ title: 'A route answers; only the document does not describe it' }),
  calls: z.int(),
  firstAt: instant,
  lastAt: instant,
})
export type UndocumentedCall = z.output<typeof undocumentedCall>

const driftEntry = driftRecord.omit({ firstAt: true, lastAt: true }).extend({
  id: z.string(),
  api: subject,
  apiVersion: z.string(),
  kind: z.enum(driftKinds),
  firstAt: instant,
  lastAt: instant,
})
export type DriftEntry = z.output<typeof driftEntry>

export const analytics = {
  overview: question('overview', 'How is it going, and against the period before?')
    .input(rangeInput)
    .output(
      z.strictObject({
        basis,
        current: z.strictObject({
          requests: z.int(),
          errors: z.int(),
          serverErrors: z.int(),
          throttled: z.int(),
          bytesOut: z.int(),
          total: percentiles,
        }),
        previous: z.strictObject({
          requests: z.int(),
          errors: z.int(),
          serverErrors: z.int(),
          throttled: z.int(),
          bytesOut: z.int(),
          total: percentiles,
        }),
        delivery: z
          .strictObject({ stored: z.int(), spooled: z.int(), dropped: z.int() })
          .meta({ title: 'Event delivery' }),
      }),
    ),
  traffic: question('traffic', 'How many requests over time?')
    .input(rangeInput)
    .output(
      z.strictObject({
        basis,
        points: z.array(
          z.strictObject({
            at: instant,
            requests: z.int(),
            s2xx: z.int(),
            s3xx: z.int(),
            s4xx: z.int(),
            s5xx: z.int(),
            bytesIn: z.int(),
            bytesOut: z.int(),
          }),
        ),
        publishes: z.array(z.strictObject({ at: instant, revision: z.int(), reason: z.string() })),
      }),
    ),
  latency: question('latency', 'How long do requests take, in the gateway and upstream?')
    .input(rangeInput)
    .output(
      z.strictObject({
        basis,
        gateway: percentiles,
        upstream: percentiles,
        total: percentiles,
        points: z.array(
          z.strictObject({ at: instant, gateway: percentiles, upstream: percentiles, total: percentiles }),
        ),
      }),
    ),
  errors: question('errors', 'What goes wrong, and why?')
    .input(rangeInput)
    .output(
      z.strictObject({
        basis,
        data: z.array(
          z.strictObject({
            status: z.int(),
            reason: z.string().nullable().meta({ title: 'null = the upstream answered so' }),
            requests: z.int(),
            api: subject.nullable(),
            route: z.string().nullable(),
            lastAt: instant,
          }),
        ),
        points: z.array(z.strictObject({ at: instant, s4xx: z.int(), s5xx: z.int(), requests: z.int() })),
      }),
    ),
  topApis: question('top-apis', 'Which APIs are called most?')
    .input(rangeInput)
    .output(z.strictObject({ basis, data: z.array(ranked) })),
  topApplications: question('top-applications', 'Which applications call most?')
    .input(rangeInput)
    .output(z.strictObject({ basis, data: z.array(ranked) })),
  topRoutes: question('top-routes', 'Which operations are called most?')
    .input(rangeInput)
    .output(z.strictObject({ basis, data: z.array(ranked) })),
  status: question('status', 'Which status codes are answered?')
    .input(rangeInput)
    .output(z.strictObject({ basis, data: z.array(z.strictObject({ status: z.int(), requests: z.int() })) })),
  requests: question('requests', 'Which single requests were they?')
    .input(
      rangeInput.extend({
        ...pageInput.shape,
        search: z.string().max(200).optional().meta({ help: 'Request id, or part of a path' }),
        status: z.coerce.number().int().min(100).max(599).optional(),
        reason: z.string().max(64).optional(),
      }),
    )
    .output(page(loggedRequest)),
  request: question('requests/{request}', 'What happened to this request?')
    .input(z.strictObject({ ...inEnvironment, request: z.string().max(64) }))
    .output(requestStory),
  unused: ownersQuestion(
    'unused',
    'What has nobody used for so many days?',
    'What is deployed and was there all the time. Requests that were refused with 401 or 403 are no use of a route.',
  )
    .input(
      ofDocuments.extend({ of: z.enum(['apis', 'versions', 'operations', 'keys']).default('operations') }),
    )
    .output(page(unused)),
  undocumented: ownersQuestion(
    'undocumented',
    'What is called that no document describes?',
    'Calls at the place of a version that none of its routes answers, by method and shape of the path, and routes that are called and stand in no document. Counted since `firstAt`; listed when they were called in the last `days`.',
  )
    .input(ofDocuments)
    .output(page(undocumentedCall)),
  drift: ownersQuestion(
    'drift',
    'Where are messages not what the document says?',
    'As the policies `validate-request` and `validate-response` count it, in every mode: by operation, place and rule, never with what was sent.',
  )
    .input(ofDocuments)
    .output(page(driftEntry)),
  quota: question('quota', 'How much of each limit is left?')
    .input(z.strictObject({ ...inEnvironment, application: z.string().max(80) }))
    .output(
      z.strictObject({
        data: z.array(
          z.strictObject({
            subscription: z.string(),
            plan: z.string(),
            policy: z.string(),
            limit: z.int(),
            used: z.int(),
            resetAt: instant,
          }),
        ),
      }),
    ),
}
