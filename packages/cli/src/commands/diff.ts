// `gatewright diff`: what applying a manifest would change; exit 2 when it would change something.
import type { Command } from 'commander'
import { createClient } from '../client.ts'
import { readManifest } from '../manifest-file.ts'
import { describeChanges, print } from '../output.ts'
import { outputFormat, settings } from '../settings.ts'

export function diffCommand(program: Command): void {
  program
    .command('diff')
    .description('show what applying a manifest would change; exit 2 if anything')
    .argument('<file>', 'YAML or JSON; - for stdin')
    .option('--prune', 'also count what the manifest does not name as removed', false)
    .action(async (file: string, { prune }: { prune: boolean }, command: Command) => {
      const manifest = await readManifest(file)
      const { url, token, tenant } = await settings(command)
      const answer = await createClient(url, token).manifests.diff({ tenant, manifest, prune })
      print(outputFormat(command), answer, () => describeChanges(answer.changes))
      if (answer.changes.length > 0) process.exitCode = 2
    })
}
