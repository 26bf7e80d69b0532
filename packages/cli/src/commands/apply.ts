// `gatewright apply`: makes the tenant what a manifest says, all or nothing.
import { type Command, InvalidArgumentError } from 'commander'
import { createClient } from '../client.ts'
import { Failure } from '../failure.ts'
import { readManifest } from '../manifest-file.ts'
import { describeChanges, describeRevisions, print } from '../output.ts'
import { outputFormat, settings } from '../settings.ts'

interface Options {
  readonly wait: boolean
  readonly timeout: number
  readonly prune: boolean
  readonly note: string
}

export function applyCommand(program: Command): void {
  program
    .command('apply')
    .description('apply a manifest in one transaction')
    .argument('<file>', 'YAML or JSON; - for stdin')
    .option('--wait', 'return when every live gateway runs it', false)
    .option('--timeout <seconds>', 'how long to wait', seconds, 30)
    .option('--prune', 'delete what the manifest does not name', false)
    .option('--note <text>', 'why; shown in history and audit', '')
    .action(async (file: string, { wait, timeout, prune, note }: Options, command: Command) => {
      const manifest = await readManifest(file)
      const { url, token, tenant } = await settings(command)
      const context = wait ? { waitMs: timeout * 1000 } : {}
      const answer = await createClient(url, token).manifests.apply(
        { tenant, manifest, prune, note },
        { context },
      )
      print(outputFormat(command), answer, () =>
        [describeChanges(answer.changes), describeRevisions(answer)].filter((part) => part !== '').join('\n'),
      )
      if (answer.live?.some(({ live }) => !live)) throw new Failure(`not live everywhere after ${timeout} s`)
    })
}

function seconds(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 300)
    throw new InvalidArgumentError('use 1 to 300 seconds')
  return value
}
