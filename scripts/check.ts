// `npm run check`: all that can be said without running the product: types, lint, import rules, unused code.
import { staticSteps } from './checks.ts'
import { runSteps } from './report.ts'

process.exitCode = await runSteps(staticSteps, process.argv.slice(2))
