// Starts a gateway from the command line and ends it on SIGTERM or SIGINT.
import { readEnv, UsageError } from './env.ts'
import { startGateway } from './supervisor.ts'

function fatal(reason: string): never {
  process.stderr.write(`gateway: ${reason}\n`)
  process.exit(1)
}

try {
  const gateway = await startGateway(readEnv(process.env, process.argv.slice(2)), fatal)
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait.
      if (isStopping) process.exit(1)
      isStopping = true
      gateway.stop().then(
        () => process.exit(0),
        (error: Error) => fatal(error.message),
      )
    })
  }
} catch (error) {
  if (error instanceof UsageError) fatal(error.message)
  throw error
}
