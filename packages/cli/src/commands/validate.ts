// `gatewright validate`: checks a manifest without a server.
import type { Command } from 'commander'
import { readManifest } from '../manifest-file.ts'
import { print } from '../output.ts'
import { outputFormat } from '../settings.ts'

export function validateCommand(program: Command): void {
  program
    .command('validate')
    .description('check a manifest: every mistake with its line and column')
    .argument('<file>', 'YAML or JSON; - for stdin')
    .action(async (file: string, _options, command: Command) => {
      const { apis, products, applications } = await readManifest(file)
      const counts = { apis: apis.length, products: products.length, applications: applications.length }
      print(
        outputFormat(command),
        { valid: true, ...counts },
        () => `valid: ${counts.apis} APIs, ${counts.products} products, ${counts.applications} applications`,
      )
    })
}
