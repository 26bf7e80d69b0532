// cedar: may this caller do this, here and now, by rules about attributes written in Cedar (https://docs.cedarpolicy.com).
import * as z from 'zod'
import { type CedarFacts, toCedarRequest } from './cedar-request.ts'
import { createLocalClock } from './local-time.ts'
import { definePolicy, defineSpec, type PolicyContext, type Refusal, refuse } from './policy.ts'

/** Longest text of a policy set, characters: what bounds how long an evaluation can take. */
export const cedarTextMax = 16_000

const attribute = z.strictObject({
  name: z
    .string()
    .max(100)
    .regex(/^[A-Za-z]\w*(\.[A-Za-z]\w*){0,4}$/, 'Use a name such as dept or owner.dept')
    .meta({ title: 'Name' }),
  value: z.string().max(500).meta({ title: 'Value' }),
})

export const spec = defineSpec({
  type: 'cedar',
  stage: 'admit',
  title: 'Rules in Cedar',
  summary:
    'Decides by rules about the caller, the operation, the resource and the moment; what no rule permits is refused.',
  scopes: ['global', 'tenant', 'version', 'route'],
  config: z.strictObject({
    policies: z.string().min(1).max(cedarTextMax).meta({
      title: 'Policies',
      help: 'In Cedar. Give each an @id("…"): refusals, events and explanations name it',
      widget: 'code',
    }),
    schema: z.string().max(cedarTextMax).default('').meta({
      title: 'Schema',
      help: 'Optional, in Cedar’s schema language: policies are then checked against it when they are saved',
      widget: 'code',
      group: 'Schema',
    }),
    resource: z.array(attribute).max(50).default([]).meta({
      title: 'Attributes of the resource',
      help: 'owner.dept = books is resource.owner.dept in policies',
    }),
    headers: z
      .array(
        z
          .string()
          .max(100)
          .regex(/^[a-z0-9!#$%&'*+.^_`|~-]+$/, 'Use the name of a header field in lower case'),
      )
      .max(20)
      .default([])
      .meta({
        title: 'Headers',
        help: 'Policies read these as context.headers["x-region"]; callers can write what they like into them',
      }),
  }),
  example: {
    policies: `@id("own-department-by-day")
permit (principal, action, resource)
when {
  principal.claims has dept &&
  principal.claims.dept == resource.owner.dept &&
  context.time.hour < 18
};`,
    resource: [{ name: 'owner.dept', value: 'books' }],
  },
})

type Config = z.output<(typeof spec)['config']>

export const policy = definePolicy(spec, (config, { cedar }, { timeZone }) => {
  const prepared = cedar.prepare(config.policies)
  const localTime = createLocalClock(timeZone)
  const notPermitted = refuse('rules_refused', {
    detail: `No rule permits it. Rules that could: ${prepared.permits.map(quoted).join(', ') || 'none'}.`,
    extensions: { rules: prepared.permits },
  })
  return {
    request(ctx) {
      const { decision, rules, faults } = prepared.decide(
        toCedarRequest(factsOf(ctx, config, localTime(ctx.receivedAtMs))),
      )
      if (decision === 'allow') return undefined
      if (decision === 'deny') return rules.length > 0 ? forbiddenBy(rules) : notPermitted
      // What exactly is wrong with a rule is for those who may ask for an explanation.
      const why = ctx.cost === 0 && faults.length > 0 ? ` ${faults.join(' ')}` : ''
      return refuse('rules_undecided', {
        detail: `A rule could not be evaluated: ${rules.map(quoted).join(', ') || 'all of them'}.${why}`,
        extensions: { rules },
      })
    },
  }
})

const quoted = (id: string) => JSON.stringify(id)

function forbiddenBy(rules: readonly string[]): Refusal {
  return refuse('rules_refused', {
    detail: `Forbidden by ${rules.length > 1 ? 'the rules' : 'the rule'} ${rules.map(quoted).join(', ')}.`,
    extensions: { rules },
  })
}

function factsOf(ctx: PolicyContext, config: Config, time: CedarFacts['time']): CedarFacts {
  const { principal, person, route } = ctx
  const headers: Record<string, string> = {}
  for (const name of config.headers) {
    const value = ctx.header(name)
    if (value !== undefined) headers[name] = value
  }
  return {
    caller: principal && {
      applicationId: principal.applicationId,
      // Another team may have an application of the same name.
      application:
        principal.tenantId === route.tenantId ? principal.applicationName : principal.applicationId,
      tenantId: principal.tenantId,
      plan: principal.planName,
      groups: principal.groups ?? [],
      claims: ctx.claims ?? {},
    },
    person: person && { issuer: person.issuer, subject: person.subject, claims: ctx.claims ?? {} },
    method: ctx.method,
    operationId: route.operationId,
    route: {
      path: route.template,
      api: route.apiName,
      version: route.versionName,
      tenantId: route.tenantId,
      parameters: parametersOf(ctx),
      attributes: config.resource,
    },
    address: ctx.clientAddress,
    path: ctx.path,
    host: ctx.host,
    scheme: ctx.scheme,
    tryIt: principal?.tryIt ?? false,
    headers,
    time,
  }
}

/** Decoded, as people write them in rules; one that is no text is left out. */
function parametersOf(ctx: PolicyContext): Record<string, string> {
  const parameters: Record<string, string> = {}
  for (const [, name = ''] of ctx.route.template.matchAll(/\{([^{}+]+)\+?\}/g)) {
    const raw = ctx.pathParameter(name)
    if (raw === undefined) continue
    try {
      parameters[name] = decodeURIComponent(raw)
    } catch {
      // Not UTF-8: rules that read it cannot be evaluated.
    }
  }
  return parameters
}
