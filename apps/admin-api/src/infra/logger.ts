// One structured line per event; secrets are struck out by name before anything is written.
import type { LoggerService } from '@nestjs/common'
import { pino } from 'pino'
import type { Env } from '../env.ts'

export type Logger = pino.Logger

/** Injection token of the logger. */
export const LOGGER = Symbol('Logger')

const secretPaths = [
  'password',
  'current',
  'next',
  'key',
  'token',
  'secret',
  'csrfToken',
  'authorization',
  'cookie',
]

export function createLogger(env: Pick<Env, 'LOG_LEVEL'>): Logger {
  return pino({
    level: env.LOG_LEVEL,
    base: { service: 'admin-api' },
    timestamp: pino.stdTimeFunctions.isoTime,
    // An error's message and stack are no own enumerable fields: without a serializer a line would say `{}`.
    serializers: { error: pino.stdSerializers.err },
    redact: {
      paths: secretPaths.flatMap((path) => [path, `*.${path}`, `*.*.${path}`]),
      censor: '[redacted]',
    },
  })
}

/** Nest's own messages, of which only trouble is worth a line. */
export function nestLogger(logger: Logger): LoggerService {
  const ignore = () => undefined
  return {
    log: ignore,
    debug: ignore,
    verbose: ignore,
    warn: (message: unknown) => logger.warn({ from: 'nest' }, String(message)),
    error: (message: unknown, stack?: unknown) => logger.error({ from: 'nest', stack }, String(message)),
    fatal: (message: unknown) => logger.fatal({ from: 'nest' }, String(message)),
  }
}
