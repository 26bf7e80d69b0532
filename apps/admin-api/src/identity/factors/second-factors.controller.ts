import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../../http/serve.ts'
import { SecondFactorsService } from './second-factors.service.ts'

@Controller()
export class SecondFactorsController {
  constructor(private readonly secondFactors: SecondFactorsService) {}

  @Implement(contract.secondFactors)
  serve() {
    return serve(contract.secondFactors, this.secondFactors)
  }
}
