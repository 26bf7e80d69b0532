// `npm run dev`, once built: the stack with the demo, rebuilt and restarted on change; the portal with hot reload on its own port.
import { type ChildProcess, spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { seedDemo } from './demo.ts'
import { root, type StackProgram, startStack } from './stack/stack.ts'
import { welcome } from './welcome.ts'

const dataDir = process.env.GATEWRIGHT_DATA ?? join(root, '.data')
const vitePort = 5173

async function main(): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
  const stack = await startStack({
    dataDir,
    ports: 'fixed',
    say: console.log,
    // Pages of vite write through its proxy, under its own origin.
    adminEnv: { ALLOWED_ORIGINS: `http://localhost:${vitePort}` },
  })
  const children: ChildProcess[] = []
  const watchers: Watcher[] = []
  try {
    const demo = await seedDemo(stack)
    const compilers = ['apps/admin-api', 'apps/gateway']
    children.push(run('tsc', ['-b', ...compilers, '--watch', '--preserveWatchOutput'], root))
    const vite = ['--clearScreen', 'false', '--port', String(vitePort), '--strictPort']
    children.push(run('vite', vite, join(root, 'apps/portal'), { GATEWRIGHT_API: stack.adminUrl }))
    watchers.push(
      restartOnChange(join(root, 'apps/admin-api/dist'), [stack.admin]),
      restartOnChange(join(root, 'apps/gateway/dist'), stack.gateways),
      restartOnChange(join(root, 'packages/shared/dist'), [stack.admin, ...stack.gateways]),
    )
    console.log(welcome(stack, demo))
    console.log(`The portal with hot reload: http://localhost:${vitePort}`)
    // A program that ends by itself is started again by the next change of its code: say so and go on.
    void stack.broken.then(console.error)
    await interrupted
  } finally {
    for (const child of children) child.kill()
    // A restart that is under way ends first: what it starts would outlive us.
    for (const watcher of watchers) await watcher.stop()
    await stack.stop()
  }
}

function run(program: string, args: string[], cwd: string, env: Record<string, string> = {}): ChildProcess {
  return spawn(join(root, 'node_modules/.bin', program), args, {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
}

type Watcher = { stop(): Promise<void> }

/** A compile writes many files: restart once it has been quiet for a moment, and never twice at a time. */
function restartOnChange(folder: string, programs: StackProgram[]): Watcher {
  let timer: NodeJS.Timeout | undefined
  let restarting: Promise<void> = Promise.resolve()
  const restart = async () => {
    for (const program of programs) {
      await program.stop()
      await program.start().catch((error) => console.error(error.message))
      console.log(`${program.id} restarted`)
    }
  }
  const watcher = watch(folder, { recursive: true }, () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      restarting = restarting.then(restart)
    }, 300)
  })
  return {
    async stop() {
      watcher.close()
      clearTimeout(timer)
      await restarting
    },
  }
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
