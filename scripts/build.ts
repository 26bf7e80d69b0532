// Builds what is stale: the Prisma client, then every workspace through Turborepo's cache.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { generateClient } from './gen.ts'

const root = join(import.meta.dirname, '..')

export type BuildResult = { ok: true } | { ok: false; output: string }

/** Says nothing on success; the failing workspace's own words otherwise. */
export function build(): BuildResult {
  generateClient()
  const { status, stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/turbo'),
    ['run', 'build', '--output-logs=errors-only', '--log-prefix=none'],
    { cwd: root, encoding: 'utf8', env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', NO_COLOR: '1' } },
  )
  return status === 0
    ? { ok: true }
    : { ok: false, output: stripVTControlCharacters(`${stdout}${stderr}`).trim() }
}

if (import.meta.main) {
  const result = build()
  if (!result.ok) {
    console.error(result.output)
    process.exitCode = 1
  }
}
