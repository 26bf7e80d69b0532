import { contract } from '@gatewright/shared/contract/index'
import { Controller } from '@nestjs/common'
import { Implement } from '@orpc/nest'
import { serve } from '../http/serve.ts'
import { ProductsService } from './products.service.ts'

@Controller()
export class ProductsController {
  constructor(private readonly products: ProductsService) {}

  @Implement(contract.products)
  serve() {
    return serve(contract.products, this.products)
  }
}
