import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { OauthClientsService } from './oauth-clients.service.ts'

@Controller()
export class OauthClientsController {
  constructor(private readonly oauthClients: OauthClientsService) {}

  @Implement(contract.oauthClients)
  serve() {
    return serve(contract.oauthClients, this.oauthClients)
  }
}
