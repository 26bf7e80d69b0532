import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../../http/serve.ts'
import { DoorsService } from './doors.service.ts'

@Controller()
export class DoorsController {
  constructor(private readonly doors: DoorsService) {}

  @Implement(contract.doors)
  serve() {
    return serve(contract.doors, this.doors)
  }
}
