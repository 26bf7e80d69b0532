import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { CredentialsService } from './credentials.service.ts'

@Controller()
export class CredentialsController {
  constructor(private readonly credentials: CredentialsService) {}

  @Implement(contract.credentials)
  serve() {
    return serve(contract.credentials, this.credentials)
  }
}
