import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { EventSinksService } from './event-sinks.service.ts'

@Controller()
export class EventSinksController {
  constructor(private readonly sinks: EventSinksService) {}

  @Implement(contract.eventSinks)
  serve() {
    return serve(contract.eventSinks, this.sinks)
  }
}
