import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { ClientCertificatesService } from './client-certificates.service.ts'

@Controller()
export class ClientCertificatesController {
  constructor(private readonly clientCertificates: ClientCertificatesService) {}

  @Implement(contract.clientCertificates)
  serve() {
    return serve(contract.clientCertificates, this.clientCertificates)
  }
}
