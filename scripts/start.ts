// `npm start`, once built: starts the stack, fills it with the demo, makes one real call, stays until Ctrl-C.
import { join } from 'node:path'
import { type Demo, seedDemo } from './demo.ts'
import { root, type Stack, startStack } from './stack/stack.ts'

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
  if (response.status !== 200)
    throw new Error(`The first call through the gateway answered ${response.status}: ${text}`)
  return text
}

function welcome(
  { adminUrl, gatewayUrl, upstreamUrl, dataDir }: Stack,
  demo?: Demo,
  answer?: string,
): string {
  const lines = [
    '',
    'Gatewright is running.',
    '',
    `  Portal and admin API   ${adminUrl}`,
    `  API reference          ${adminUrl}/api/v1/openapi.json`,
    `  Gateway                ${gatewayUrl}`,
    `  Sample upstream        ${upstreamUrl}  (document: ${upstreamUrl}/openapi.yaml)`,
    '',
  ]
  if (demo) {
    lines.push(
      'One call through the gateway:',
      '',
      `  curl ${demo.call.url} -H 'X-API-Key: ${demo.call.key}'`,
      `  ${answer}`,
      '',
      `Sign in (tenant ${demo.tenant}):`,
      '',
      ...demo.people.map(
        ({ role, email, password }) => `  ${role.padEnd(15)} ${email.padEnd(28)} ${password}`,
      ),
    )
  } else {
    lines.push('The database has accounts of its own, so no demo was added: sign in with one of them.')
  }
  lines.push('', `Data and logs are in ${dataDir}. Ctrl-C stops everything.`, '')
  return lines.join('\n')
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
