import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { TenancyService } from './tenancy.service.ts'

@Controller()
export class TenancyController {
  constructor(private readonly tenancy: TenancyService) {}

  @Implement(contract.tenancy)
  serve() {
    return serve(contract.tenancy, this.tenancy)
  }
}
