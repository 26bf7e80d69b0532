// Machine-readable descriptions of the product itself: the API's OpenAPI document and the manifest's JSON Schema.
import { manifestJsonSchema } from '@gatewright/shared/manifest'
import { Controller, Get, Inject } from '@nestjs/common'
import { ENV } from '../app.tokens.ts'
import type { Env } from '../env.ts'
import { generateOpenApi } from './openapi.ts'

@Controller()
export class DocumentsController {
  #openApi: Promise<Record<string, unknown>> | undefined

  constructor(@Inject(ENV) private readonly env: Env) {}

  @Get('/api/v1/openapi.json')
  openApi() {
    this.#openApi ??= generateOpenApi(this.env.PUBLIC_URL, '1')
    return this.#openApi
  }

  @Get('/schemas/manifest.json')
  manifest() {
    return manifestJsonSchema()
  }
}
