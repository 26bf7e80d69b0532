// `gatewright export`: the tenant's configuration as a manifest.
import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { createClient } from '../client.ts'
import { outputFormat, settings } from '../settings.ts'

export function exportCommand(program: Command): void {
  program
    .command('export')
    .description('write the tenant’s configuration as a manifest')
    .option('-f, --file <file>', 'where to write; stdout when left out')
    .action(async ({ file }: { file?: string }, command: Command) => {
      const { url, token, tenant } = await settings(command)
      const { manifest, hash } = await createClient(url, token).manifests.export({ tenant })
      const text =
        outputFormat(command) === 'json'
          ? `${JSON.stringify(manifest, null, 2)}\n`
          : `# yaml-language-server: $schema=${url}/schemas/manifest.json\n# sha256 ${hash}\n${stringify(manifest)}`
      if (file === undefined) process.stdout.write(text)
      else await writeFile(file, text)
    })
}
