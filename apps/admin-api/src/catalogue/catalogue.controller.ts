import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { CatalogueService } from './catalogue.service.ts'

@Controller()
export class CatalogueController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Implement(contract.catalogue)
  serve() {
    return serve(contract.catalogue, this.catalogue)
  }
}
