// What somebody should know and did not ask for: quotas that run out, promises that were not kept.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { instant, page, pageInput } from '../model/wire.ts'
import { findingPatterns, findingSeverities } from './findings.ts'
import { inTenant, operation } from './operation.ts'

const subject = z.strictObject({ id: z.string(), name: z.string(), title: z.string() })

const quota = z.strictObject({
  policy: z.string(),
  limit: z.int(),
  percent: z.int().meta({ title: 'Per cent of it that were used' }),
  resetsAt: instant,
})

const missed = z.strictObject({
  day: z.iso.date(),
  p95Ms: z.number().nullable(),
  p95TargetMs: z.number().nullable(),
  availability: z.number().nullable(),
  availabilityTarget: z.number().nullable(),
})

const common = {
  id: idSchema('ntc'),
  at: instant,
  environment: z.string(),
}
const ofPlan = { ...common, plan: subject }

const finding = z.strictObject({
  id: idSchema('fnd'),
  pattern: z.enum(findingPatterns),
  severity: z.enum(findingSeverities),
  client: z.strictObject({ kind: z.enum(['network', 'credential', 'application']), id: z.string() }),
  count: z.int(),
})

export const notice = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('quota_warning'), ...ofPlan, application: subject, quota }),
  z.strictObject({ kind: z.literal('quota_used_up'), ...ofPlan, application: subject, quota }),
  z.strictObject({ kind: z.literal('service_level_missed'), ...ofPlan, missed }),
  z.strictObject({ kind: z.literal('security_finding'), ...common, finding }),
])
export type Notice = z.output<typeof notice>

export const notices = {
  list: operation(
    'GET',
    '/tenants/{tenant}/notices',
    ['analytics:read', 'analytics:own'],
    'What somebody should know, newest first',
    {
      description:
        'A quota that is 80 % or all used up, once each per period; a day on which a plan did not keep its service level; an attack or an anomaly that was found. With analytics:own alone, about one’s own applications.',
    },
  )
    .input(pageInput.extend({ ...inTenant, application: z.string().max(80).optional() }))
    .output(page(notice)),
}
