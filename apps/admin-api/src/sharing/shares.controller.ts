import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { SharesService } from './shares.service.ts'

@Controller()
export class SharesController {
  constructor(private readonly shares: SharesService) {}

  @Implement(contract.shares)
  serve() {
    return serve(contract.shares, this.shares)
  }
}
