// `gatewright`: the admin API from a shell and from CI; exit 0 = done or no change, 1 = error, 2 = `diff` found changes, `verify-limits` a limit that admits too much.
import { Command } from 'commander'
import { applyCommand } from './commands/apply.ts'
import { diffCommand } from './commands/diff.ts'
import { explainCommand } from './commands/explain.ts'
import { exportCommand } from './commands/export.ts'
import { importCommand } from './commands/import.ts'
import { loginCommand } from './commands/login.ts'
import { validateCommand } from './commands/validate.ts'
import { verifyLimitsCommand } from './commands/verify-limits.ts'
import { report } from './failure.ts'

const program = new Command('gatewright')
  .description('Publish, inspect and automate a Gatewright installation')
  .version('0.1.0')
  .option('--url <url>', 'admin API, such as https://gatewright.example.com (GATEWRIGHT_URL)')
  .option('--token <token>', 'access token; prefer GATEWRIGHT_TOKEN, which no process list shows')
  .option('--tenant <name>', 'tenant (GATEWRIGHT_TENANT)')
  .option('--output <format>', 'text, json or yaml', 'text')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride()

for (const add of [
  loginCommand,
  validateCommand,
  diffCommand,
  applyCommand,
  exportCommand,
  importCommand,
  explainCommand,
  verifyLimitsCommand,
]) {
  add(program)
}

try {
  await program.parseAsync()
} catch (thrown) {
  process.exitCode = report(thrown)
}
