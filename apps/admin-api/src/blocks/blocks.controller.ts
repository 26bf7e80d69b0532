import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { BlocksService } from './blocks.service.ts'
import { PlatformBlocksService } from './platform-blocks.service.ts'

@Controller()
export class BlocksController {
  constructor(
    private readonly blocks: BlocksService,
    private readonly platformBlocks: PlatformBlocksService,
  ) {}

  @Implement(contract.blocks)
  serve() {
    return serve(contract.blocks, this.blocks)
  }

  @Implement(contract.platformBlocks)
  servePlatform() {
    return serve(contract.platformBlocks, this.platformBlocks)
  }
}
