import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { AuthorisationServerService } from './authorisation-server.service.ts'

@Controller()
export class AuthorisationServerController {
  constructor(private readonly authorisationServer: AuthorisationServerService) {}

  @Implement(contract.authorisationServer)
  serve() {
    return serve(contract.authorisationServer, this.authorisationServer)
  }
}
