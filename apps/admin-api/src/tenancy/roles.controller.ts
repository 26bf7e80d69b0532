import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { RolesService } from './roles.service.ts'

@Controller()
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Implement(contract.roles)
  serve() {
    return serve(contract.roles, this.roles)
  }
}
