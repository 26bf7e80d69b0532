// `npm start`, once built: starts the stack, fills it with the demo, makes one real call, stays until Ctrl-C.
import { join } from 'node:path'
import { type Demo, seedDemo } from './demo.ts'
import { root, startStack } from './stack/stack.ts'
import { welcome } from './welcome.ts'

// GATEWRIGHT_DATA: the folder of everything the stack keeps.
const dataDir = process.env.GATEWRIGHT_DATA ?? join(root, '.data')

async function main(): Promise<number> {
  const interrupted = onInterrupt()
  say('Starting PostgreSQL, Redis, the admin API, a gateway and the sample upstream …')
  const stack = await startStack({ dataDir, ports: 'fixed', say })
  try {
    if (interrupted.now) return 0
    const demo = await seedDemo(stack)
    say(welcome(stack, demo, demo && (await callOnce(demo))))
    const broken = await Promise.race([stack.broken, interrupted.promise])
    if (broken === undefined) return 0
    console.error(broken)
    return 1
  } finally {
    say('Stopping …')
    await stack.stop()
  }
}

/** Ctrl-C may arrive twice (from the terminal and from npm) and at any time; once is meant. */
function onInterrupt() {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const interrupted = { now: false, promise }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      interrupted.now = true
      resolve(undefined)
    })
  return interrupted
}

async function callOnce({ call }: Demo): Promise<string> {
  const response = await fetch(call.url, { headers: { 'x-api-key': call.key } })
  const text = await response.text()
  // Whoever played with the demo's API, key or plan since must still get in to play on.
  return response.status === 200 ? text : `${response.status} ${text}`
}

function say(line: string): void {
  console.log(line)
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
