import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { EnvironmentsService } from './environments.service.ts'
import { ExplainService } from './explain.service.ts'
import { GuardsService } from './guards.service.ts'
import { PublishingService } from './publishing.service.ts'

@Controller()
export class PublishingController {
  constructor(
    private readonly publishing: PublishingService,
    private readonly guards: GuardsService,
    private readonly environments: EnvironmentsService,
    private readonly explain: ExplainService,
  ) {}

  @Implement(contract.publishing)
  servePublishing() {
    return serve(contract.publishing, this.publishing)
  }

  @Implement(contract.guards)
  serveGuards() {
    return serve(contract.guards, this.guards)
  }

  @Implement(contract.environments)
  serveEnvironments() {
    return serve(contract.environments, this.environments)
  }

  @Implement(contract.explain)
  serveExplain() {
    return serve(contract.explain, this.explain)
  }
}
