import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { CertificatesService } from './certificates.service.ts'

@Controller()
export class CertificatesController {
  constructor(private readonly certificates: CertificatesService) {}

  @Implement(contract.certificates)
  serve() {
    return serve(contract.certificates, this.certificates)
  }
}
