import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { FindingsService } from './findings.service.ts'

@Controller()
export class FindingsController {
  constructor(private readonly findings: FindingsService) {}

  @Implement(contract.findings)
  serve() {
    return serve(contract.findings, this.findings)
  }
}
