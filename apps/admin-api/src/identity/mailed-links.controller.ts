import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { MailedLinksService } from './mailed-links.service.ts'

@Controller()
export class MailedLinksController {
  constructor(private readonly mailedLinks: MailedLinksService) {}

  @Implement(contract.mailedLinks)
  serve() {
    return serve(contract.mailedLinks, this.mailedLinks)
  }
}
