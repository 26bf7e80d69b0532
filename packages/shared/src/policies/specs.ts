// Every policy spec, and the input of one attachment: read by the contract, the portal's forms, the manifest and the CLI.
import * as z from 'zod'
import { slug } from '../ids.ts'
import { spec as acl } from './acl.ts'
import { spec as allowList } from './allow-list.ts'
import { spec as apiKey } from './api-key.ts'
import { spec as awsSigv4 } from './aws-sigv4.ts'
import { spec as basic } from './basic.ts'
import { spec as bodyLimit } from './body-limit.ts'
import { spec as botFilter } from './bot-filter.ts'
import { spec as callCost } from './call-cost.ts'
import { spec as cedar } from './cedar.ts'
import { spec as concurrencyLimit } from './concurrency-limit.ts'
import { spec as cors } from './cors.ts'
import { spec as customAuthorizer } from './custom-authorizer.ts'
import { spec as faultInjection } from './fault-injection.ts'
import { spec as fileScan } from './file-scan.ts'
import { spec as geoFilter } from './geo-filter.ts'
import { spec as headers } from './headers.ts'
import { spec as httpSignature } from './http-signature.ts'
import { spec as httpsOnly } from './https-only.ts'
import { spec as ipFilter } from './ip-filter.ts'
import { spec as ipReputation } from './ip-reputation.ts'
import { spec as jsonLimits } from './json-limits.ts'
import { spec as jwt } from './jwt.ts'
import { spec as lockout } from './lockout.ts'
import { spec as mock } from './mock.ts'
import { spec as mtls } from './mtls.ts'
import { spec as oauth2Introspection } from './oauth2-introspection.ts'
import { spec as oidcLogin } from './oidc-login.ts'
import type { PolicySpec } from './policy.ts'
import { spec as priority } from './priority.ts'
import { spec as quota } from './quota.ts'
import { spec as rateLimit } from './rate-limit.ts'
import { spec as redirect } from './redirect.ts'
import { spec as responseFilter } from './response-filter.ts'
import { spec as rewrite } from './rewrite.ts'
import { spec as trafficExport } from './traffic-export.ts'
import { spec as validateRequest } from './validate-request.ts'
import { spec as validateResponse } from './validate-response.ts'
import { spec as waf } from './waf.ts'

/** In the order of their stages, as pickers and the reference show them. */
export const policySpecs = [
  httpsOnly,
  ipFilter,
  ipReputation,
  botFilter,
  lockout,
  cors,
  redirect,
  callCost,
  geoFilter,
  trafficExport,
  apiKey,
  basic,
  jwt,
  httpSignature,
  awsSigv4,
  mtls,
  oauth2Introspection,
  oidcLogin,
  customAuthorizer,
  acl,
  cedar,
  priority,
  concurrencyLimit,
  rateLimit,
  quota,
  bodyLimit,
  fileScan,
  responseFilter,
  waf,
  allowList,
  jsonLimits,
  validateRequest,
  validateResponse,
  headers,
  rewrite,
  faultInjection,
  mock,
] as const

export type PolicyType = (typeof policySpecs)[number]['type']

export const policyTypes = policySpecs.map((spec) => spec.type) as readonly PolicyType[]

const byType: ReadonlyMap<string, PolicySpec> = new Map(policySpecs.map((spec) => [spec.type, spec]))

/** The spec of a type; undefined when there is no such policy. */
export function policySpec(type: string): PolicySpec | undefined {
  return byType.get(type)
}

// The name stands in refusals, limit fields and counters' reports; the type is a good one while there is only one.
function attachment<Type extends string, Config extends z.ZodType>(spec: {
  readonly type: Type
  readonly title: string
  readonly config: Config
}) {
  return z
    .strictObject({
      type: z.literal(spec.type).meta({ title: 'Policy' }),
      name: slug
        .default(spec.type)
        .meta({ title: 'Name', help: 'Unique where it is attached; callers see it when it refuses' }),
      enabled: z.boolean().default(true).meta({ title: 'Enabled' }),
      config: spec.config.meta({ title: 'Settings' }),
    })
    .meta({ title: spec.title })
}

/** One policy as a person writes it: type, name and the configuration that its type demands. */
export const policyInput = z.discriminatedUnion('type', [
  attachment(httpsOnly),
  attachment(ipFilter),
  attachment(ipReputation),
  attachment(botFilter),
  attachment(lockout),
  attachment(cors),
  attachment(redirect),
  attachment(callCost),
  attachment(geoFilter),
  attachment(trafficExport),
  attachment(apiKey),
  attachment(basic),
  attachment(jwt),
  attachment(httpSignature),
  attachment(awsSigv4),
  attachment(mtls),
  attachment(oauth2Introspection),
  attachment(oidcLogin),
  attachment(customAuthorizer),
  attachment(acl),
  attachment(cedar),
  attachment(priority),
  attachment(concurrencyLimit),
  attachment(rateLimit),
  attachment(quota),
  attachment(bodyLimit),
  attachment(fileScan),
  attachment(responseFilter),
  attachment(waf),
  attachment(allowList),
  attachment(jsonLimits),
  attachment(validateRequest),
  attachment(validateResponse),
  attachment(headers),
  attachment(rewrite),
  attachment(faultInjection),
  attachment(mock),
])

export type PolicyInput = z.output<typeof policyInput>
