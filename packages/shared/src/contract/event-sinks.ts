// Where audit and security events go besides our own log: a SIEM, by syslog or HTTP.
import * as z from 'zod'
import { idSchema, slug } from '../ids.ts'
import { instant, reference, version } from '../model/wire.ts'
import { nothing, operation } from './operation.ts'

const host = z
  .string()
  .trim()
  .regex(/^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f:.]+)$/i, 'Use a host name or an address')
  .meta({ title: 'Host' })

const syslogTarget = z.strictObject({
  protocol: z.literal('syslog'),
  host,
  port: z.int().min(1).max(65_535).meta({ title: 'Port', help: '6514 is the port of syslog over TLS' }),
  tls: z.boolean().meta({ title: 'TLS', help: 'RFC 5425; without it events are readable on the way' }),
  ca: z.string().max(100_000).nullable().default(null).meta({
    title: 'Certificates of its authority',
    help: 'PEM; null = the public authorities',
  }),
  confirm: z.boolean().default(true).meta({
    title: 'Confirm delivery',
    help: 'Syslog has no answer: a batch counts as delivered when the receiver has read all of it and closes the connection',
  }),
})

const httpTarget = z.strictObject({
  protocol: z.literal('http'),
  url: z
    .url({ protocol: /^https?$/, error: 'Use an absolute URL' })
    .max(2000)
    .refine((url) => !/^[a-z]+:\/\/[^/]*@/i.test(url), 'Leave user and password out; use a secret')
    .meta({ title: 'URL' }),
  format: z.enum(['json-lines', 'cloudevents', 'kafka-rest']).default('json-lines').meta({
    title: 'Format',
    help: 'kafka-rest: records for the topic that the URL names, as Kafka REST proxies take them (v2, JSON)',
  }),
  authentication: z.enum(['none', 'bearer', 'hmac']).default('none').meta({
    title: 'Authentication',
    help: 'Bearer: the secret in Authorization. HMAC: signed with it as Standard Webhooks say',
  }),
})

export const sinkTarget = z.discriminatedUnion('protocol', [syslogTarget, httpTarget])
export type SinkTarget = z.output<typeof sinkTarget>

export const sinkKinds = ['audit', 'security', 'traffic'] as const
export type SinkKind = (typeof sinkKinds)[number]

const settings = {
  title: z.string().trim().min(1).max(60).meta({ title: 'Title' }),
  target: sinkTarget,
  kinds: z.array(z.enum(sinkKinds)).min(1).max(3).meta({
    title: 'Events',
    help: 'audit: who changed what. security: calls that were refused, and why. traffic: every call of what has the policy traffic-export',
  }),
  enabled: z.boolean(),
}

const secret = z.string().min(8).max(2000).nullable().meta({
  title: 'Secret',
  help: 'Kept sealed and never shown again',
  widget: 'password',
  secret: true,
})

const eventSink = z.strictObject({
  id: idSchema('snk'),
  name: slug,
  ...settings,
  hasSecret: z.boolean(),
  waiting: z.int().meta({ title: 'Events that wait to be sent' }),
  waitingSince: instant.nullable().meta({ title: 'When the oldest of them happened' }),
  delivered: z.int().meta({ title: 'Events that arrived' }),
  lost: z
    .int()
    .meta({ title: 'Events that were removed after seven days of waiting, or for which there was no room' }),
  failures: z.int().meta({ title: 'Failed attempts in a row' }),
  nextAttemptAt: instant.nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: instant.nullable(),
  lastDeliveredAt: instant.nullable(),
  version,
  createdAt: instant,
})

const one = { sink: reference.meta({ title: 'Name or id of the sink' }) }

export const eventSinks = {
  list: operation('GET', '/event-sinks', 'platform', 'List event sinks')
    .input(nothing)
    .output(z.strictObject({ data: z.array(eventSink) })),
  create: operation('POST', '/event-sinks', 'platform', 'Add an event sink', {
    status: 201,
    sessionOnly: true,
    description: 'It receives what happens from now on.',
  })
    .input(
      z.strictObject({
        name: slug,
        ...settings,
        kinds: settings.kinds.default(['audit', 'security']),
        enabled: settings.enabled.default(true),
        secret: secret.default(null),
      }),
    )
    .output(eventSink),
  update: operation('PATCH', '/event-sinks/{sink}', 'platform', 'Change an event sink', {
    concurrency: true,
    sessionOnly: true,
    description:
      'What waits is sent to the new target. Another receiver is given no secret that was meant for the one before: give it again.',
  })
    .input(z.strictObject({ ...one, ...z.strictObject({ ...settings, secret }).partial().shape }))
    .output(eventSink),
  remove: operation('DELETE', '/event-sinks/{sink}', 'platform', 'Remove an event sink', {
    concurrency: true,
    sessionOnly: true,
  })
    .input(z.strictObject(one))
    .output(nothing),
  test: operation('POST', '/event-sinks/{sink}/test', 'platform', 'Send a test event to a sink', {
    sessionOnly: true,
    description:
      'At once and beside the order of the others, so that it also tells of a sink that is behind or off.',
  })
    .input(z.strictObject(one))
    .output(
      z.strictObject({
        delivered: z.boolean(),
        error: z.string().nullable(),
        milliseconds: z.number(),
      }),
    ),
}
