// `npm run e2e`: the build, then the tests that run the whole product, with and without a browser.
import { staticSteps, testSteps } from './checks.ts'
import { runSteps } from './report.ts'

process.exitCode = await runSteps([...staticSteps, ...testSteps], ['build', 'system', 'browser'])
