// `npm run dev`, once built: the stack with the demo, rebuilt and restarted on change; the portal with hot reload on its own port.
import { type ChildProcess, spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { seedDemo } from './demo.ts'
import { root, type StackProgram, startStack } from './stack/stack.ts'

const dataDir = process.env.GATEWRIGHT_DATA ?? join(root, '.data')

async function main(): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
  })
  const stack = await startStack({ dataDir, ports: 'fixed', say: console.log })
  const children: ChildProcess[] = []
  try {
    const demo = await seedDemo(stack)
    const compilers = ['apps/admin-api', 'apps/gateway']
    children.push(run('tsc', ['-b', ...compilers, '--watch', '--preserveWatchOutput'], root))
    children.push(run('vite', ['--clearScreen', 'false'], join(root, 'apps/portal')))
    restartOnChange(join(root, 'apps/admin-api/dist'), [stack.admin])
    restartOnChange(join(root, 'apps/gateway/dist'), stack.gateways)
    restartOnChange(join(root, 'packages/shared/dist'), [stack.admin, ...stack.gateways])
    for (const { role, email, password } of demo?.people ?? []) console.log(`${role} ${email} ${password}`)
    await interrupted
  } finally {
    for (const child of children) child.kill()
    await stack.stop()
  }
}

function run(program: string, args: string[], cwd: string): ChildProcess {
  return spawn(join(root, 'node_modules/.bin', program), args, { cwd, stdio: 'inherit' })
}

/** A compile writes many files: restart once it has been quiet for a moment, and never twice at a time. */
function restartOnChange(folder: string, programs: StackProgram[]): void {
  let timer: NodeJS.Timeout | undefined
  let restarting: Promise<void> = Promise.resolve()
  const restart = async () => {
    for (const program of programs) {
      await program.stop()
      await program.start().catch((error) => console.error(error.message))
      console.log(`${program.id} restarted`)
    }
  }
  watch(folder, { recursive: true }, () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      restarting = restarting.then(restart)
    }, 300)
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
