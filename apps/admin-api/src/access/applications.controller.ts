import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { ApplicationsService } from './applications.service.ts'

@Controller()
export class ApplicationsController {
  constructor(private readonly applications: ApplicationsService) {}

  @Implement(contract.applications)
  serve() {
    return serve(contract.applications, this.applications)
  }
}
