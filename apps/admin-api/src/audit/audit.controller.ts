import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { AuditService } from './audit.service.ts'

@Controller()
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Implement(contract.audit)
  serve() {
    return serve(contract.audit, this.audit)
  }
}
