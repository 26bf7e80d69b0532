import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { AnalyticsService } from './analytics.service.ts'

@Controller()
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Implement(contract.analytics)
  serve() {
    return serve(contract.analytics, this.analytics)
  }
}
