// The whole admin API, by noun: the one statement that guards, controllers, the OpenAPI document and every client read.
import { type AnyContractRouter, type EnhancedContractRouter, oc } from '@orpc/contract'
import { applications, credentials, subscriptions } from './access.ts'
import { analytics } from './analytics.ts'
import { apis } from './apis.ts'
import { audit } from './audit.ts'
import { authorisationServer } from './authorisation-server.ts'
import { authorisations } from './authorisations.ts'
import { blocks, platformBlocks } from './blocks.ts'
import { catalogue, tryIt } from './catalogue.ts'
import { certificates } from './certificates.ts'
import { clientCertificates } from './client-certificates.ts'
import { eventSinks } from './event-sinks.ts'
import { findings } from './findings.ts'
import { identity } from './identity.ts'
import { identityProviders } from './identity-providers.ts'
import { imports } from './imports.ts'
import { mailedLinks } from './mailed-links.ts'
import { manifests } from './manifest.ts'
import { notices } from './notices.ts'
import { oauthClients } from './oauth-clients.ts'
import { policies, policyTypes } from './policies.ts'
import { products } from './products.ts'
import { environments, explain, guards, publishing } from './publishing.ts'
import { roles } from './roles.ts'
import { routes, upstreams } from './routes.ts'
import { secondFactors } from './second-factors.ts'
import { shares } from './shares.ts'
import { signInRules } from './sign-in-rules.ts'
import { signingKeys } from './signing-keys.ts'
import { tenancy } from './tenancy.ts'
import { versions } from './versions.ts'

export const apiPrefix = '/api/v1'

type Noun<Router extends AnyContractRouter> = EnhancedContractRouter<Router, Record<never, never>>

/** Named here, since the compiler writes out what it has to infer, and of this there is too much. */
type Nouns = {
  readonly identity: Noun<typeof identity>
  readonly secondFactors: Noun<typeof secondFactors>
  readonly mailedLinks: Noun<typeof mailedLinks>
  readonly signInRules: Noun<typeof signInRules>
  readonly identityProviders: Noun<typeof identityProviders>
  readonly tenancy: Noun<typeof tenancy>
  readonly roles: Noun<typeof roles>
  readonly apis: Noun<typeof apis>
  readonly shares: Noun<typeof shares>
  readonly imports: Noun<typeof imports>
  readonly versions: Noun<typeof versions>
  readonly routes: Noun<typeof routes>
  readonly upstreams: Noun<typeof upstreams>
  readonly policies: Noun<typeof policies>
  readonly policyTypes: Noun<typeof policyTypes>
  readonly publishing: Noun<typeof publishing>
  readonly guards: Noun<typeof guards>
  readonly environments: Noun<typeof environments>
  readonly certificates: Noun<typeof certificates>
  readonly explain: Noun<typeof explain>
  readonly products: Noun<typeof products>
  readonly applications: Noun<typeof applications>
  readonly subscriptions: Noun<typeof subscriptions>
  readonly credentials: Noun<typeof credentials>
  readonly clientCertificates: Noun<typeof clientCertificates>
  readonly oauthClients: Noun<typeof oauthClients>
  readonly authorisationServer: Noun<typeof authorisationServer>
  readonly authorisations: Noun<typeof authorisations>
  readonly signingKeys: Noun<typeof signingKeys>
  readonly blocks: Noun<typeof blocks>
  readonly platformBlocks: Noun<typeof platformBlocks>
  readonly catalogue: Noun<typeof catalogue>
  readonly tryIt: Noun<typeof tryIt>
  readonly analytics: Noun<typeof analytics>
  readonly notices: Noun<typeof notices>
  readonly findings: Noun<typeof findings>
  readonly audit: Noun<typeof audit>
  readonly eventSinks: Noun<typeof eventSinks>
  readonly manifests: Noun<typeof manifests>
}

export const contract: Nouns = oc.prefix(apiPrefix).router({
  identity: oc.tag('Identity').router(identity),
  secondFactors: oc.tag('Identity').router(secondFactors),
  mailedLinks: oc.tag('Identity').router(mailedLinks),
  signInRules: oc.tag('Identity').router(signInRules),
  identityProviders: oc.tag('Identity').router(identityProviders),
  tenancy: oc.tag('Tenants').router(tenancy),
  roles: oc.tag('Tenants').router(roles),
  apis: oc.tag('APIs').router(apis),
  shares: oc.tag('APIs').router(shares),
  imports: oc.tag('APIs').router(imports),
  versions: oc.tag('Versions').router(versions),
  routes: oc.tag('Versions').router(routes),
  upstreams: oc.tag('Versions').router(upstreams),
  policies: oc.tag('Policies').router(policies),
  policyTypes: oc.tag('Policies').router(policyTypes),
  publishing: oc.tag('Publishing').router(publishing),
  guards: oc.tag('Publishing').router(guards),
  environments: oc.tag('Environments').router(environments),
  certificates: oc.tag('Environments').router(certificates),
  explain: oc.tag('Environments').router(explain),
  products: oc.tag('Products').router(products),
  applications: oc.tag('Access').router(applications),
  subscriptions: oc.tag('Access').router(subscriptions),
  credentials: oc.tag('Access').router(credentials),
  clientCertificates: oc.tag('Access').router(clientCertificates),
  oauthClients: oc.tag('Access').router(oauthClients),
  authorisationServer: oc.tag('Access').router(authorisationServer),
  authorisations: oc.tag('Developer portal').router(authorisations),
  signingKeys: oc.tag('Access').router(signingKeys),
  blocks: oc.tag('Access').router(blocks),
  platformBlocks: oc.tag('Access').router(platformBlocks),
  catalogue: oc.tag('Developer portal').router(catalogue),
  tryIt: oc.tag('Developer portal').router(tryIt),
  analytics: oc.tag('Analytics').router(analytics),
  notices: oc.tag('Analytics').router(notices),
  findings: oc.tag('Analytics').router(findings),
  audit: oc.tag('Audit').router(audit),
  eventSinks: oc.tag('Audit').router(eventSinks),
  manifests: oc.tag('Manifest').router(manifests),
})

export type Contract = typeof contract
