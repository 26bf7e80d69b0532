// Attacks and anomalies in the traffic: one finding per client and pattern while it lasts, and what people decide about it.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { instant, page, pageInput, version } from '../model/wire.ts'
import { inTenant, operation } from './operation.ts'

export const findingPatterns = [
  'credential_stuffing',
  'distributed_guessing',
  'enumeration',
  'error_anomaly',
  'volume_anomaly',
] as const
export type FindingPattern = (typeof findingPatterns)[number]

export const findingSeverities = ['low', 'medium', 'high', 'critical'] as const
export type FindingSeverity = (typeof findingSeverities)[number]

export const findingStates = ['open', 'acknowledged', 'dismissed'] as const

/** What was counted; which of them there are depends on the pattern. */
export const findingFacts = z.strictObject({
  credentials: z.int().optional().meta({ title: 'Different credentials that were refused' }),
  networks: z.int().optional().meta({ title: 'Networks that calls came from' }),
  succeeded: z
    .strictObject({ credentialId: z.string(), applicationId: z.string(), at: instant, request: z.string() })
    .optional()
    .meta({ title: 'A credential that was good after all, and that this client never used before' }),
  notFound: z.int().optional().meta({ title: 'Different paths that there are not' }),
  walk: z
    .strictObject({ route: z.string(), ids: z.int(), from: z.number(), to: z.number() })
    .optional()
    .meta({ title: 'Ids of a route, nearly all of a range' }),
  value: z.number().optional().meta({ title: 'What was measured: calls, or the share of errors' }),
  median: z.number().optional().meta({ title: 'Median of its own history' }),
  score: z.number().optional().meta({ title: 'Modified z-score' }),
})
export type FindingFacts = z.output<typeof findingFacts>

const finding = z.strictObject({
  id: idSchema('fnd'),
  environment: z.string(),
  pattern: z.enum(findingPatterns),
  client: z.strictObject({
    kind: z.enum(['network', 'credential', 'application']),
    id: z.string().meta({ title: 'An address or a /64, or the id of the credential or application' }),
    title: z.string().meta({ title: 'In words of people: the hint of a key, the title of an application' }),
  }),
  severity: z.enum(findingSeverities),
  state: z.enum(findingStates),
  firstAt: instant,
  lastAt: instant,
  closedAt: instant.nullable().meta({ title: 'When it was over; null while it lasts' }),
  count: z.int().meta({ title: 'Calls that belong to it' }),
  facts: findingFacts,
  requests: z.array(z.string()).meta({ title: 'Ids of some of the calls' }),
  comment: z.string(),
  decidedBy: z.string().nullable(),
  decidedAt: instant.nullable(),
  version,
})
export type Finding = z.output<typeof finding>

const filter = {
  state: z.enum(findingStates).optional(),
  pattern: z.enum(findingPatterns).optional(),
  environment: z.string().max(80).optional(),
}
const one = { finding: idSchema('fnd') }
const decision = {
  state: z.enum(findingStates),
  comment: z.string().trim().max(2000).default('').meta({ title: 'Comment' }),
}

export const findings = {
  list: operation(
    'GET',
    '/tenants/{tenant}/findings',
    'analytics:read',
    'Attacks and anomalies, newest first',
    {
      description: 'One finding per client and pattern while it lasts; it is over after 15 minutes of quiet.',
    },
  )
    .input(pageInput.extend({ ...inTenant, ...filter }))
    .output(page(finding)),
  get: operation('GET', '/tenants/{tenant}/findings/{finding}', 'analytics:read', 'One finding')
    .input(z.strictObject({ ...inTenant, ...one }))
    .output(finding),
  decide: operation(
    'PATCH',
    '/tenants/{tenant}/findings/{finding}',
    'api:write',
    'Acknowledge, dismiss or reopen a finding',
    { concurrency: true },
  )
    .input(z.strictObject({ ...inTenant, ...one, ...decision }))
    .output(finding),
  listPlatform: operation('GET', '/findings', 'platform', 'Findings about calls that matched no API')
    .input(pageInput.extend(filter))
    .output(page(finding)),
  getPlatform: operation(
    'GET',
    '/findings/{finding}',
    'platform',
    'One finding about calls that matched no API',
  )
    .input(z.strictObject(one))
    .output(finding),
  decidePlatform: operation(
    'PATCH',
    '/findings/{finding}',
    'platform',
    'Acknowledge, dismiss or reopen a finding about calls that matched no API',
    { concurrency: true },
  )
    .input(z.strictObject({ ...one, ...decision }))
    .output(finding),
}
