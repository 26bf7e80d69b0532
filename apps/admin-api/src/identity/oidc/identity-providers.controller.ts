import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../../http/serve.ts'
import { IdentityProvidersService } from './identity-providers.service.ts'

@Controller()
export class IdentityProvidersController {
  constructor(private readonly providers: IdentityProvidersService) {}

  @Implement(contract.identityProviders)
  serve() {
    return serve(contract.identityProviders, this.providers)
  }
}
