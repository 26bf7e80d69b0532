// Writes what is generated and not committed: the Prisma client. Does nothing while schema.prisma is unchanged.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const schemaPath = join(root, 'prisma/schema.prisma')
const clientFolder = join(root, 'apps/admin-api/src/generated/prisma')
const stampPath = join(clientFolder, '.schema-hash')

/** Answers whether anything was written. */
export function generateClient(): boolean {
  const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js')
  const { version } = JSON.parse(readFileSync(join(prisma, '../../package.json'), 'utf8'))
  const hash = createHash('sha256').update(`${version}\n`).update(readFileSync(schemaPath)).digest('hex')
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === hash) return false
  try {
    execFileSync(process.execPath, [prisma, 'generate', '--schema', schemaPath, '--no-hints'], {
      cwd: root,
      // `generate` never starts the native schema engine, yet downloads it when this names no executable.
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: Buffer; stderr?: Buffer }
    throw new Error(`prisma generate failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error })
  }
  writeFileSync(stampPath, hash)
  return true
}

if (import.meta.main) {
  console.log(generateClient() ? 'Wrote the Prisma client.' : 'The Prisma client is up to date.')
}
