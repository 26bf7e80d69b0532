import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { NoticesService } from './notices.service.ts'

@Controller()
export class NoticesController {
  constructor(private readonly notices: NoticesService) {}

  @Implement(contract.notices)
  serve() {
    return serve(contract.notices, this.notices)
  }
}
