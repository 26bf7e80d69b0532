// `npm test`: everything CI runs. `npm test -- unit int` runs only the steps whose names contain one of the words.
import { staticSteps, testSteps } from './checks.ts'
import { runSteps } from './report.ts'

process.exitCode = await runSteps([...staticSteps, ...testSteps], process.argv.slice(2))
