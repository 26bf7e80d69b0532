import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { IdentityService } from './identity.service.ts'

@Controller()
export class IdentityController {
  constructor(private readonly identity: IdentityService) {}

  @Implement(contract.identity)
  serve() {
    return serve(contract.identity, this.identity)
  }
}
