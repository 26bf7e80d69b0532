import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../../http/serve.ts'
import { SignInRulesService } from './sign-in-rules.service.ts'

@Controller()
export class SignInRulesController {
  constructor(private readonly rules: SignInRulesService) {}

  @Implement(contract.signInRules)
  serve() {
    return serve(contract.signInRules, this.rules)
  }
}
