import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { SubscriptionsService } from './subscriptions.service.ts'

@Controller()
export class SubscriptionsController {
  constructor(private readonly subscriptions: SubscriptionsService) {}

  @Implement(contract.subscriptions)
  serve() {
    return serve(contract.subscriptions, this.subscriptions)
  }
}
