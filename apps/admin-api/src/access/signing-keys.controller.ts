import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { SigningKeysService } from './signing-keys.service.ts'

@Controller()
export class SigningKeysController {
  constructor(private readonly signingKeys: SigningKeysService) {}

  @Implement(contract.signingKeys)
  serve() {
    return serve(contract.signingKeys, this.signingKeys)
  }
}
