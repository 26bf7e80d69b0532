import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { ManifestService } from './manifest.service.ts'

@Controller()
export class ManifestController {
  constructor(private readonly manifests: ManifestService) {}

  @Implement(contract.manifests)
  serve() {
    return serve(contract.manifests, this.manifests)
  }
}
