// Table of contents of the admin API: each noun of the contract with its controller and service.
import { type DynamicModule, Module } from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { ORPCModule } from '@orpc/nest'
import { ApplicationsController } from './access/applications.controller.ts'
import { ApplicationsService } from './access/applications.service.ts'
import { ClientCertificatesController } from './access/client-certificates.controller.ts'
import { ClientCertificatesService } from './access/client-certificates.service.ts'
import { CredentialsController } from './access/credentials.controller.ts'
import { CredentialsService } from './access/credentials.service.ts'
import { Leavers } from './access/leavers.ts'
import { NamedCredentials } from './access/named-credentials.ts'
import { OauthClientsController } from './access/oauth-clients.controller.ts'
import { OauthClientsService } from './access/oauth-clients.service.ts'
import { SigningKeysController } from './access/signing-keys.controller.ts'
import { SigningKeysService } from './access/signing-keys.service.ts'
import { SubscriptionsController } from './access/subscriptions.controller.ts'
import { SubscriptionsService } from './access/subscriptions.service.ts'
import { AnalyticsController } from './analytics/analytics.controller.ts'
import { AnalyticsService } from './analytics/analytics.service.ts'
import { Intake } from './analytics/intake.ts'
import { AnalyticsReader } from './analytics/reader.ts'
import { Upkeep } from './analytics/upkeep.ts'
import { ENV } from './app.tokens.ts'
import { AuditController } from './audit/audit.controller.ts'
import { AuditService } from './audit/audit.service.ts'
import { AuthorisationServerController } from './authorisation/authorisation-server.controller.ts'
import { AuthorisationServerService } from './authorisation/authorisation-server.service.ts'
import { AuthorisationsController } from './authorisation/authorisations.controller.ts'
import { AuthorisationsService } from './authorisation/authorisations.service.ts'
import { BuiltInClients } from './authorisation/built-in-clients.ts'
import { AuthorisationProviders } from './authorisation/providers.ts'
import { RequestBudget } from './authorisation/request-budget.ts'
import { ReusedTokens } from './authorisation/reused-tokens.ts'
import { BlocksController } from './blocks/blocks.controller.ts'
import { BlocksService } from './blocks/blocks.service.ts'
import { PlatformBlocksService } from './blocks/platform-blocks.service.ts'
import { ApisService } from './catalog/apis.service.ts'
import { CatalogController } from './catalog/catalog.controller.ts'
import { DocumentProposals } from './catalog/document-proposals.ts'
import { DocumentReader } from './catalog/document-reader.ts'
import { DocumentSources } from './catalog/document-source.ts'
import { Impact } from './catalog/impact.ts'
import { ImportsService } from './catalog/imports.service.ts'
import { PoliciesService } from './catalog/policies.service.ts'
import { PolicySecrets } from './catalog/policy-secrets.ts'
import { PolicyTypesService } from './catalog/policy-types.service.ts'
import { RoutesService } from './catalog/routes.service.ts'
import { UpstreamsService } from './catalog/upstreams.service.ts'
import { VersionsService } from './catalog/versions.service.ts'
import { CatalogueController } from './catalogue/catalogue.controller.ts'
import { CatalogueService } from './catalogue/catalogue.service.ts'
import { Published } from './catalogue/published.ts'
import { PublishedRoutes } from './catalogue/published-routes.ts'
import { CertificatesController } from './certificates/certificates.controller.ts'
import { CertificatesService } from './certificates/certificates.service.ts'
import type { Env } from './env.ts'
import { FindingsController } from './findings/findings.controller.ts'
import { FindingsService } from './findings/findings.service.ts'
import { FindingWatch } from './findings/watch.ts'
import { Authenticate } from './http/authenticate.ts'
import { Authorise } from './http/authorise.ts'
import { DocumentsController } from './http/documents.controller.ts'
import { HealthController } from './http/health.controller.ts'
import { Idempotency } from './http/idempotency.ts'
import { Pipeline } from './http/pipeline.ts'
import { ProblemFilter } from './http/problem.filter.ts'
import { RequestLimit } from './http/request-limit.ts'
import { Bootstrap } from './identity/bootstrap.ts'
import { Factors } from './identity/factors/factors.ts'
import { Passkeys } from './identity/factors/passkeys.ts'
import { RecoveryCodes } from './identity/factors/recovery-codes.ts'
import { SecondFactorsController } from './identity/factors/second-factors.controller.ts'
import { SecondFactorsService } from './identity/factors/second-factors.service.ts'
import { TotpCodes } from './identity/factors/totp.ts'
import { IdentityController } from './identity/identity.controller.ts'
import { IdentityService } from './identity/identity.service.ts'
import { MailedLinksController } from './identity/mailed-links.controller.ts'
import { MailedLinksService } from './identity/mailed-links.service.ts'
import { Arrivals } from './identity/oidc/arrivals.ts'
import { OidcClients } from './identity/oidc/clients.ts'
import { IdentityProvidersController } from './identity/oidc/identity-providers.controller.ts'
import { IdentityProvidersService } from './identity/oidc/identity-providers.service.ts'
import { Places } from './identity/oidc/places.ts'
import { ProviderSignInController } from './identity/oidc/provider-sign-in.controller.ts'
import { ProviderSignIn } from './identity/oidc/provider-sign-in.ts'
import { Passwords } from './identity/passwords.ts'
import { Profiles } from './identity/profiles.ts'
import { Sessions } from './identity/sessions.ts'
import { SignIn } from './identity/sign-in.ts'
import { SignInRulesController } from './identity/sign-in-rules/sign-in-rules.controller.ts'
import { SignInRulesService } from './identity/sign-in-rules/sign-in-rules.service.ts'
import { SignInRules } from './identity/sign-in-rules/sign-in-rules.ts'
import { SignInThrottle } from './identity/sign-in-throttle.ts'
import { Squatters } from './identity/squatters.ts'
import { Tokens } from './identity/tokens.ts'
import { Clock } from './infra/clock.ts'
import { Database } from './infra/database.ts'
import { Housekeeping } from './infra/housekeeping.ts'
import { LOGGER, type Logger } from './infra/logger.ts'
import { Redis } from './infra/redis.ts'
import { SealedColumns } from './infra/sealed-columns.ts'
import { Sealer } from './infra/sealer.ts'
import { Deliveries } from './mail/deliveries.ts'
import { Mailer } from './mail/mailer.ts'
import { Outbox } from './mail/outbox.ts'
import { ManifestApplier } from './manifest/apply.ts'
import { ApisApplier } from './manifest/apply-apis.ts'
import { ApplicationsApplier } from './manifest/apply-applications.ts'
import { ProductsApplier } from './manifest/apply-products.ts'
import { RolesApplier } from './manifest/apply-roles.ts'
import { ManifestController } from './manifest/manifest.controller.ts'
import { ManifestService } from './manifest/manifest.service.ts'
import { NoticesController } from './notices/notices.controller.ts'
import { NoticesService } from './notices/notices.service.ts'
import { NoticeWatch } from './notices/watch.ts'
import { ProductsController } from './products/products.controller.ts'
import { ProductsService } from './products/products.service.ts'
import { Changes } from './publishing/change.ts'
import { EnvironmentsService } from './publishing/environments.service.ts'
import { ExplainService } from './publishing/explain.service.ts'
import { Fleet } from './publishing/fleet.ts'
import { GatewayRecords } from './publishing/gateway-records.ts'
import { GuardsService } from './publishing/guards.service.ts'
import { LifecycleService } from './publishing/lifecycle.ts'
import { Publisher } from './publishing/publisher.ts'
import { PublishingController } from './publishing/publishing.controller.ts'
import { PublishingService } from './publishing/publishing.service.ts'
import { TrafficService } from './publishing/traffic.service.ts'
import { SharesController } from './sharing/shares.controller.ts'
import { SharesService } from './sharing/shares.service.ts'
import { EventSinksController } from './siem/event-sinks.controller.ts'
import { EventSinksService } from './siem/event-sinks.service.ts'
import { SinkForwarder } from './siem/forwarder.ts'
import { AccessFacts } from './tenancy/access-facts.ts'
import { Invitations } from './tenancy/invitations.ts'
import { RoleWrites } from './tenancy/role-writes.ts'
import { RolesController } from './tenancy/roles.controller.ts'
import { RolesService } from './tenancy/roles.service.ts'
import { TenancyController } from './tenancy/tenancy.controller.ts'
import { TenancyService } from './tenancy/tenancy.service.ts'
import { GatewayTargets } from './try-it/gateway-target.ts'
import { TryItController } from './try-it/try-it.controller.ts'
import { TryItService } from './try-it/try-it.service.ts'

const infra = [Database, Redis, Housekeeping, SealedColumns, Sealer]
const http = [Authenticate, Authorise, Idempotency, Pipeline, RequestLimit]
const identity = [
  Bootstrap,
  IdentityService,
  MailedLinksService,
  Passwords,
  Profiles,
  Sessions,
  SignIn,
  SignInThrottle,
  Squatters,
  Tokens,
]
const factors = [Factors, Passkeys, RecoveryCodes, SecondFactorsService, TotpCodes]
const signInRules = [SignInRules, SignInRulesService]
const mail = [Deliveries, Mailer, Outbox]
const oidc = [Arrivals, IdentityProvidersService, OidcClients, Places, ProviderSignIn]
const tenancy = [TenancyService, RolesService, RoleWrites, AccessFacts, Invitations]
const catalog = [
  ApisService,
  ImportsService,
  VersionsService,
  DocumentProposals,
  RoutesService,
  UpstreamsService,
  PoliciesService,
  PolicySecrets,
  PolicyTypesService,
  { provide: DocumentReader, useFactory: () => new DocumentReader() },
  DocumentSources,
  Impact,
]
const catalogue = [CatalogueService, Published, PublishedRoutes]
const access = [
  ApplicationsService,
  CredentialsService,
  Leavers,
  NamedCredentials,
  BlocksService,
  PlatformBlocksService,
  CertificatesService,
  ClientCertificatesService,
  OauthClientsService,
  SigningKeysService,
  ProductsService,
  SharesService,
  SubscriptionsService,
]
const authorisation = [
  AuthorisationProviders,
  AuthorisationServerService,
  AuthorisationsService,
  BuiltInClients,
  RequestBudget,
  ReusedTokens,
]
const manifest = [
  ApisApplier,
  ApplicationsApplier,
  RolesApplier,
  ManifestApplier,
  ManifestService,
  ProductsApplier,
]
const tryIt = [GatewayTargets, TryItService]
const publishing = [
  Changes,
  Fleet,
  Publisher,
  GatewayRecords,
  PublishingService,
  EnvironmentsService,
  LifecycleService,
  ExplainService,
  GuardsService,
  TrafficService,
]

const findings = [FindingsService, FindingWatch]

const siem = [EventSinksService, SinkForwarder]

const analytics = [AnalyticsReader, AnalyticsService, Intake, NoticesService, NoticeWatch, Upkeep]

@Module({})
class AppModule {}

/** The module with what only the process knows. */
export function appModule(env: Env, logger: Logger, clock: Clock): DynamicModule {
  const providers = [
    { provide: ENV, useValue: env },
    { provide: LOGGER, useValue: logger },
    { provide: Clock, useValue: clock },
    ...infra,
    ...http,
    ...identity,
    ...oidc,
    ...factors,
    ...signInRules,
    ...mail,
    ...tenancy,
    ...catalog,
    ...catalogue,
    ...access,
    ...authorisation,
    AuditService,
    ...tryIt,
    ...manifest,
    ...publishing,
    ...analytics,
    ...findings,
    ...siem,
  ]
  return {
    module: AppModule,
    global: true,
    imports: [
      ORPCModule.forRootAsync({ useFactory: (pipeline: Pipeline) => pipeline.config(), inject: [Pipeline] }),
    ],
    controllers: [
      HealthController,
      DocumentsController,
      IdentityController,
      IdentityProvidersController,
      ProviderSignInController,
      SecondFactorsController,
      MailedLinksController,
      SignInRulesController,
      TenancyController,
      RolesController,
      CatalogController,
      BlocksController,
      CatalogueController,
      ProductsController,
      SharesController,
      ApplicationsController,
      SubscriptionsController,
      CredentialsController,
      CertificatesController,
      ClientCertificatesController,
      AuthorisationServerController,
      AuthorisationsController,
      OauthClientsController,
      SigningKeysController,
      TryItController,
      ManifestController,
      PublishingController,
      AnalyticsController,
      NoticesController,
      FindingsController,
      AuditController,
      EventSinksController,
    ],
    providers: [...providers, { provide: APP_FILTER, useClass: ProblemFilter }],
    exports: providers,
  }
}
