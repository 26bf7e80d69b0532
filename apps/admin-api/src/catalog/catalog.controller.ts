import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { ApisService } from './apis.service.ts'
import { ImportsService } from './imports.service.ts'
import { PoliciesService } from './policies.service.ts'
import { PolicyTypesService } from './policy-types.service.ts'
import { RoutesService } from './routes.service.ts'
import { UpstreamsService } from './upstreams.service.ts'
import { VersionsService } from './versions.service.ts'

@Controller()
export class CatalogController {
  constructor(
    private readonly apis: ApisService,
    private readonly imports: ImportsService,
    private readonly versions: VersionsService,
    private readonly routes: RoutesService,
    private readonly upstreams: UpstreamsService,
    private readonly policies: PoliciesService,
    private readonly policyTypes: PolicyTypesService,
  ) {}

  @Implement(contract.apis)
  serveApis() {
    return serve(contract.apis, this.apis)
  }

  @Implement(contract.imports)
  serveImports() {
    return serve(contract.imports, this.imports)
  }

  @Implement(contract.versions)
  serveVersions() {
    return serve(contract.versions, this.versions)
  }

  @Implement(contract.routes)
  serveRoutes() {
    return serve(contract.routes, this.routes)
  }

  @Implement(contract.upstreams)
  serveUpstreams() {
    return serve(contract.upstreams, this.upstreams)
  }

  @Implement(contract.policies)
  servePolicies() {
    return serve(contract.policies, this.policies)
  }

  @Implement(contract.policyTypes)
  servePolicyTypes() {
    return serve(contract.policyTypes, this.policyTypes)
  }
}
