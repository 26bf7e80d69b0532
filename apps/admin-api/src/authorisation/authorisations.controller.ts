import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { AuthorisationsService } from './authorisations.service.ts'

@Controller()
export class AuthorisationsController {
  constructor(private readonly authorisations: AuthorisationsService) {}

  @Implement(contract.authorisations)
  serve() {
    return serve(contract.authorisations, this.authorisations)
  }
}
