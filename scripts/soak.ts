// npm run soak: half an hour (`--minutes`) of steady traffic through the whole product; ends with 1 when a gateway’s memory
// grows, it becomes slower, or a request fails.
import { parseArgs } from 'node:util'
import { startRig } from '../e2e/rig.ts'
import { soak } from '../e2e/soak.ts'

const { values: flags } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } })
const minutes = Number(flags.minutes)
if (!(minutes > 0)) throw new Error(`--minutes is "${flags.minutes}": use a number above 0.`)
const say = (line: string) => process.stdout.write(`${line}\n`)

const rig = await startRig({ gateways: 1, balancer: false })
try {
  say(`${minutes} minutes of traffic through one gateway:`)
  const { rssMb, rssSlopeMbPerHour, p99Drift, faults } = await soak(rig, minutes * 60, say)
  say(
    `\nRSS ${rssMb.toFixed(0)} MB, slope ${rssSlopeMbPerHour.toFixed(1)} MB/h; p99 drift ${p99Drift.toFixed(2)}`,
  )
  say(faults.length === 0 ? 'Flat.' : `Not flat: ${faults.join(', ')}.`)
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  await rig[Symbol.asyncDispose]()
}
