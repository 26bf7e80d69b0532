import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { TryItService } from './try-it.service.ts'

@Controller()
export class TryItController {
  constructor(private readonly tryIt: TryItService) {}

  @Implement(contract.tryIt)
  serve() {
    return serve(contract.tryIt, this.tryIt)
  }
}
