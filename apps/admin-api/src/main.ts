// Starts the admin API, and stops it in order: no new connections, finish what runs, then let go of the stores.
import { createApp } from './app.ts'
import { parseEnv } from './env.ts'
import { createLogger } from './infra/logger.ts'

try {
  const env = parseEnv(process.env)
  const logger = createLogger(env)
  const app = await createApp(env, { logger })
  await app.listen(env.PORT, env.HOST)
  logger.info({ url: await app.getUrl() }, 'The admin API is listening')
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) return
      stopping = true
      logger.info({ signal }, 'Stopping')
      app.close().then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ error }, 'Did not stop cleanly')
          process.exit(1)
        },
      )
    })
  }
} catch (error) {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  const port = inUse && 'port' in error ? ` ${String(error.port)}` : ''
  console.error(
    inUse ? `Port${port} is in use: set PORT to another one` : error instanceof Error ? error.message : error,
  )
  process.exit(1)
}
