// Every policy by its type: what the gateway's compile step creates instances from. Nothing else imports it.
import type * as z from 'zod'
import { policy as acl } from './acl.ts'
import { policy as allowList } from './allow-list.ts'
import { policy as apiKey } from './api-key.ts'
import { policy as awsSigv4 } from './aws-sigv4.ts'
import { policy as basic } from './basic.ts'
import { policy as bodyLimit } from './body-limit.ts'
import { policy as botFilter } from './bot-filter.ts'
import { policy as callCost } from './call-cost.ts'
import { policy as cedar } from './cedar.ts'
import { policy as concurrencyLimit } from './concurrency-limit.ts'
import { policy as cors } from './cors.ts'
import { policy as customAuthorizer } from './custom-authorizer.ts'
import { policy as faultInjection } from './fault-injection.ts'
import { policy as fileScan } from './file-scan.ts'
import { policy as geoFilter } from './geo-filter.ts'
import { policy as headers } from './headers.ts'
import { policy as httpSignature } from './http-signature.ts'
import { policy as httpsOnly } from './https-only.ts'
import { policy as ipFilter } from './ip-filter.ts'
import { policy as ipReputation } from './ip-reputation.ts'
import { policy as jsonLimits } from './json-limits.ts'
import { policy as jwt } from './jwt.ts'
import { policy as lockout } from './lockout.ts'
import { policy as mock } from './mock.ts'
import { policy as mtls } from './mtls.ts'
import { policy as oauth2Introspection } from './oauth2-introspection.ts'
import { policy as oidcLogin } from './oidc-login.ts'
import type { Attachment, Phases, Policy, PolicyDeps, PolicySpec } from './policy.ts'
import { policy as priority } from './priority.ts'
import { policy as quota } from './quota.ts'
import { policy as rateLimit } from './rate-limit.ts'
import { policy as redirect } from './redirect.ts'
import { policy as responseFilter } from './response-filter.ts'
import { policy as rewrite } from './rewrite.ts'
import { policy as trafficExport } from './traffic-export.ts'
import { policy as validateRequest } from './validate-request.ts'
import { policy as validateResponse } from './validate-response.ts'
import { policy as waf } from './waf.ts'

/** A policy whose configuration is checked where it is created: stored data is untrusted data. */
export interface RunnablePolicy {
  readonly spec: PolicySpec
  readonly create: (config: unknown, deps: PolicyDeps, at: Attachment) => Phases
}

/** type → policy. `create` throws a ZodError on a configuration that the spec refuses. */
export const policies: ReadonlyMap<string, RunnablePolicy> = new Map(
  [
    runnable(httpsOnly),
    runnable(ipFilter),
    runnable(ipReputation),
    runnable(botFilter),
    runnable(lockout),
    runnable(cors),
    runnable(redirect),
    runnable(callCost),
    runnable(geoFilter),
    runnable(trafficExport),
    runnable(apiKey),
    runnable(basic),
    runnable(jwt),
    runnable(httpSignature),
    runnable(awsSigv4),
    runnable(mtls),
    runnable(oauth2Introspection),
    runnable(oidcLogin),
    runnable(customAuthorizer),
    runnable(acl),
    runnable(cedar),
    runnable(priority),
    runnable(concurrencyLimit),
    runnable(rateLimit),
    runnable(quota),
    runnable(bodyLimit),
    runnable(fileScan),
    runnable(responseFilter),
    runnable(waf),
    runnable(allowList),
    runnable(jsonLimits),
    runnable(validateRequest),
    runnable(validateResponse),
    runnable(headers),
    runnable(rewrite),
    runnable(faultInjection),
    runnable(mock),
  ].map((policy) => [policy.spec.type, policy]),
)

function runnable<Config extends z.ZodType>(policy: Policy<Config>): RunnablePolicy {
  return {
    spec: policy.spec,
    create: (config, deps, at) => policy.create(policy.spec.config.parse(config), deps, at),
  }
}
